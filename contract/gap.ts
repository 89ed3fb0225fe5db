import * as z from 'zod'

export const GAP_KINDS = ['zone-lost', 'gateways-swapped', 'starved'] as const

/** A time in which production’s traffic was not seen whole: nobody may take its silence for health. */
export const Gap = z
  .strictObject({
    kind: z
      .enum(GAP_KINDS)
      .describe(
        'zone-lost: no gateway task fit to receive in a zone of the sources, and packets do not cross zones; ' +
          'gateways-swapped: another set of gateway tasks took over from the one before, and nothing was paired; starved: ' +
          'somebody else’s mirror session takes the packets of a source first',
      ),
    of: z.string().describe('the zone or the network interface it is about; empty for the whole experiment'),
    since: z.iso.datetime(),
    until: z.iso.datetime().nullable().describe('null while it lasts'),
    what: z.string().describe('one sentence'),
  })
  .meta({ id: 'Gap' })
export type Gap = z.output<typeof Gap>
