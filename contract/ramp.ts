import * as z from 'zod'

const Share = z.number().min(0).max(100)

/** One step of a ramp: how much is mirrored, how much of that is forwarded, and for how long at least. */
export const Stage = z.strictObject({
  sources: Share.gt(0).describe(
    'percent of the network interfaces that are mirrored, rounded up to whole ones: this is what the bill follows',
  ),
  requests: Share.default(100).describe(
    'percent of the requests that would be forwarded otherwise: it spares the shadow, not the bill',
  ),
  seconds: z
    .int()
    .min(30)
    .max(86_400)
    .exactOptional()
    .describe(
      'how long it lasts at least, from when it is in force everywhere; the last one lasts to the end',
    ),
})
export type Stage = z.output<typeof Stage>

export const Ramp = z
  .strictObject({
    stages: z.array(Stage).min(1).max(10),
    promote: z
      .enum(['health', 'time'])
      .default('health')
      .describe(
        'health: the next stage waits until every abort rule is known to be fine, traffic is seen whole and, where answers are ' +
          'compared, the verdict so far is pass; time: it waits for none of these, but for a verdict that is not fail',
      ),
  })
  .superRefine(({ stages }, context) => {
    for (const [index, stage] of stages.entries()) {
      const refuse = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: ['stages', index, field], message })
      const before = stages[index - 1]
      if (before && stage.sources < before.sources)
        refuse(
          'sources',
          'a share of sources only grows: begun session-hours are paid, and live flows do not move',
        )
      if (stage.seconds === undefined && index < stages.length - 1)
        refuse('seconds', 'only the last stage lasts to the end; say how long this one lasts')
    }
  })
export type Ramp = z.output<typeof Ramp>

/** Where on its ramp an experiment is. */
export const StageNow = z.strictObject({
  number: z.int().min(1).describe('of `of`'),
  of: z.int().min(1),
  sources: z.int().nonnegative().describe('network interfaces this stage mirrors, of `candidates`'),
  candidates: z.int().nonnegative(),
  requests: Share,
  since: z.iso
    .datetime()
    .nullable()
    .describe('when it was in force everywhere; null while it is being brought about'),
  holds: z.string().nullable().describe('what the next stage waits for; null on the last'),
})
export type StageNow = z.output<typeof StageNow>
