import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import { killed, stopped } from '../experiments/phases.ts'
import type { Context } from './context.ts'
import { changeRecord, requireRecord } from './records.ts'

type Door = Handler<Catalogue['stopExperiment' | 'killExperiment'], Context>

const ending =
  (end: typeof stopped, word: string): Door =>
  async ({ params, body }, { table, caller, now, hurry }) => {
    const reason = body.reason ?? `${word} by ${caller}.`
    await changeRecord(table, params.id, body.ifRevision, (record) =>
      end(record, { by: caller, reason, now: now() }),
    )
    await hurry(params.id)
    return (await requireRecord(table, params.id)).experiment
  }

export const stopExperiment: Door = ending(stopped, 'Stopped')
export const killExperiment: Door = ending(killed, 'Killed')
