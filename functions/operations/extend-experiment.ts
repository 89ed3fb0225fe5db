import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import { dollars } from '../cost/budget.ts'
import { forecastUsd } from '../cost/forecast.ts'
import { usedBy } from '../cost/used.ts'
import { wrongField } from '../errors.ts'
import { extending, proposing } from '../experiments/phases.ts'
import type { ExperimentRecord } from '../experiments/record.ts'
import { readSessions } from '../store/ledger.ts'
import { readTasks } from '../store/tasks.ts'
import type { Context } from './context.ts'
import { changeRecord, requireRecord } from './records.ts'

/**
 * Asks for a later end. It is in force when the answer shows it: schedules and tags move first, and any failure on the
 * way leaves the earlier end.
 */
export const extendExperiment: Handler<Catalogue['extendExperiment'], Context> = async (
  { params, body },
  context,
) => {
  const { table, caller, config, now, hurry } = context
  if (config.fourEyes.includes('extending') && body.reason === undefined)
    throw wrongField('body.reason', 'A second person has to approve a later end: say why you ask for it')
  await changeRecord(table, params.id, body.ifRevision, async (record) => {
    const { experiment, life } = record
    const endAt = new Date(Date.parse(life.extension?.endAt ?? experiment.endAt) + body.bySeconds * 1000)
    const budgetUsd = body.budgetUsd ?? life.extension?.budgetUsd ?? experiment.spec.budgetUsd
    const extend = config.fourEyes.includes('extending') ? proposing : extending
    const changed = extend(
      record,
      { endAt: endAt.toISOString(), budgetUsd, by: caller, reason: body.reason ?? null },
      now(),
    )
    await refuseUnaffordable(record, endAt, budgetUsd, context)
    return changed
  })
  await hurry(params.id)
  return (await requireRecord(table, params.id)).experiment
}

/** Gateways report once a minute: one that is silent for longer has stopped. */
const SILENT_MS = 60_000

/** The budget must pay what runs now until the new end, even without any more traffic. */
const refuseUnaffordable = async (
  { experiment, life }: ExperimentRecord,
  endAt: Date,
  budgetUsd: number,
  { table, prices, config, now }: Context,
): Promise<void> => {
  const [sessions, tasks, priced] = await Promise.all([
    readSessions(table, experiment.id),
    readTasks(table, experiment.id),
    prices.of(life.prices),
  ])
  const lastHeard = now().getTime() - SILENT_MS - 2000 * config.tickSeconds
  const running = tasks.filter(({ at }) => Date.parse(at) >= lastHeard).map(({ task }) => task)
  const used = usedBy(life, experiment.spec.requests.record, sessions, tasks, new Set(running))
  const leastUsd = forecastUsd(used, priced, { mirroringSince: null, endAt: endAt.toISOString() }, now())
  if (leastUsd > budgetUsd)
    throw wrongField(
      'body.budgetUsd',
      `Until ${endAt.toISOString()} it costs ${dollars(leastUsd)} at least, before any more traffic; the budget is ${dollars(budgetUsd)}`,
    )
}
