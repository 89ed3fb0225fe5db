import * as z from 'zod'

/** What an experiment records of the requests that it forwards, and for how long; nothing is recorded where it is left out. */
export const Recording = z
  .strictObject({
    megabytes: z
      .number()
      .min(1)
      .max(10_000)
      .default(100)
      .describe('of all gateway tasks together, before they are packed; divided evenly among them'),
    seconds: z
      .int()
      .min(1)
      .max(7 * 86_400)
      .default(3_600)
      .describe('from the start of its window, the time of preparing included'),
  })
  .meta({ id: 'Recording' })
export type Recording = z.output<typeof Recording>
