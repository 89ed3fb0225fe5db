import * as z from 'zod'
import { Timestamp } from '../../contract/experiment.ts'
import { Sketch } from '../../contract/sketch-schema.ts'
import { watchKey } from '../../contract/table.ts'
import { getItem, putItem, type Table } from './table.ts'

const count = z.int().nonnegative()

const Sample = z.object({
  at: Timestamp,
  received: count,
  lost: count,
  forwarded: count,
  failed: count,
  latency: Sketch,
  lag: Sketch,
})

/** What the abort rules of one experiment have seen so far: as much as they still need. */
export const Watched = z.object({
  samples: z.array(Sample),
  /** When CloudWatch was last asked, and what it said by the place of the rule. */
  askedAt: Timestamp.nullable(),
  readings: z.array(
    z.object({ place: count, reading: z.object({ value: z.number(), samples: count }).nullable() }),
  ),
})
export type Watched = z.output<typeof Watched>

export const readWatched = async (table: Table, experiment: string): Promise<Watched> => {
  const item = await getItem(table, watchKey(experiment))
  return item ? Watched.parse(item.watched) : { samples: [], askedAt: null, readings: [] }
}

export const writeWatched = async (table: Table, experiment: string, watched: Watched): Promise<void> => {
  await putItem(table, watchKey(experiment), { watched })
}
