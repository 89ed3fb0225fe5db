import { LONGEST_CALL_MS } from '../clients.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import { readRecord } from '../store/experiments.ts'
import { acquireWriter, releaseWriter } from '../store/writer.ts'
import { type ControlPlane, newWriterName } from './control-plane.ts'
import { errorText } from './failure.ts'

/**
 * Works on an ended experiment, all of whose history is told, as its one writer. What fails is logged as `failed`, tried
 * again at the next tick, and holds nothing up.
 */
export const withEnded = async (
  plane: ControlPlane,
  id: string,
  {
    isDue,
    work,
    failed,
  }: {
    isDue: (record: ExperimentRecord) => boolean
    work: (record: ExperimentRecord) => Promise<void>
    failed: string
  },
): Promise<void> => {
  const { table } = plane
  const due = async (): Promise<ExperimentRecord | null> => {
    const record = await readRecord(table, id)
    if (record?.experiment.phase !== 'ended' || record.life.outbox.length > 0) return null
    return isDue(record) ? record : null
  }
  if ((await due()) === null) return
  const holder = newWriterName(plane)
  const writer = await acquireWriter(table, id, holder, plane.now(), plane.now() + 2 * LONGEST_CALL_MS)
  if (!writer) return
  try {
    const record = await due()
    if (record !== null) await work(record)
  } catch (error) {
    plane.log('warn', failed, { experiment: id, error: errorText(error) })
  } finally {
    await releaseWriter(table, writer, writer.lookedAt)
  }
}
