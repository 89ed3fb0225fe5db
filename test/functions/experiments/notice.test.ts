import { expect, test } from 'vitest'
import { noticeOf } from '../../../functions/experiments/notice.ts'
import { enter, newRecord, paused, promoted } from '../../../functions/experiments/phases.ts'
import type { ExperimentRecord } from '../../../functions/experiments/record.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'

const now = new Date('2026-11-21T12:00:00Z')
const at = { now, by: 'ada', reason: null }

const mirroring = (): ExperimentRecord => {
  const ramp = {
    stages: [
      { sources: 50, requests: 100, seconds: 30 },
      { sources: 100, requests: 100 },
    ],
  }
  const spec = experimentSpec({ ramp: { ...ramp, promote: 'time' } })
  const made = newRecord(spec, { id: 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y', by: 'ada', now })
  return enter(enter(made, { phase: 'preparing' }, now), { phase: 'mirroring' }, now)
}
const kindOf = (record: ExperimentRecord) => {
  const entry = record.life.outbox.at(-1)
  return entry && noticeOf(entry, record.experiment, 'shadowmeter/test').kind
}

test.each([
  ['the beginning of a stage', () => promoted(mirroring(), 1, now), 'stage'],
  ['a pause', () => paused(mirroring(), at), 'changed'],
  ['an abort', () => enter(mirroring(), { phase: 'draining', outcome: 'aborted' }, now), 'aborted'],
  ['the budget', () => enter(mirroring(), { phase: 'draining', outcome: 'over-budget' }, now), 'over-budget'],
  ['its end', () => enter(mirroring(), { phase: 'draining', outcome: 'completed' }, now), 'ending'],
  [
    'that nothing is left of what was aborted',
    () => enter(enter(mirroring(), { phase: 'draining', outcome: 'aborted' }, now), { phase: 'ended' }, now),
    'ended',
  ],
])('a notice of %s says so', (_what, change, kind) => {
  expect(kindOf(change())).toBe(kind)
})
