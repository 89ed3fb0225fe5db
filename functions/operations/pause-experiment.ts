import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import { paused, resumed } from '../experiments/phases.ts'
import type { Context } from './context.ts'
import { changeRecord, requireRecord } from './records.ts'

type Door = Handler<Catalogue['pauseExperiment' | 'resumeExperiment'], Context>

const changing =
  (change: typeof paused): Door =>
  async ({ params, body }, { table, caller, now, hurry }) => {
    await changeRecord(table, params.id, body.ifRevision, (record) =>
      change(record, { by: caller, reason: body.reason ?? null, now: now() }),
    )
    await hurry(params.id)
    return (await requireRecord(table, params.id)).experiment
  }

export const pauseExperiment: Door = changing(paused)
export const resumeExperiment: Door = changing(resumed)
