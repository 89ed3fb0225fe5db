import * as z from 'zod'

/** How production’s answer and the shadow’s may differ: the closed list. */
export const DIFFERENCE_KINDS = [
  'status',
  'header_missing',
  'header_extra',
  'header_value',
  'content_type',
  'type',
  'value',
  'missing',
  'extra',
  'order',
  'text',
  'binary',
  'unreadable',
  'too_complex',
] as const
export const DifferenceKind = z
  .enum(DIFFERENCE_KINDS)
  .describe(
    'missing and extra are said of the shadow; order: the same elements in another order; unreadable: a body that is not ' +
      'what its headers say; too_complex: left undecided because deciding would cost too much',
  )
export type DifferenceKind = z.output<typeof DifferenceKind>

/** A place of an endpoint’s answers. */
export const Place = {
  endpoint: z.string().min(1).max(1_000).describe('as the comparison names it: GET /orders/{id}'),
  kind: DifferenceKind,
  path: z.string().max(1_000).describe('as the comparison names it: $.items[*].price, a header, 200>404'),
}

/** What was decided about the differences in one place, by people who looked at an earlier experiment. */
export const DecidedPlace = z.strictObject({ ...Place, decision: z.enum(['confirmed', 'rejected']) })
export type DecidedPlace = z.output<typeof DecidedPlace>
