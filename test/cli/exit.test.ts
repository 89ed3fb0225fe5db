import { expect, test } from 'vitest'
import { exitOf } from '../../cli/exit.ts'
import type { Experiment, Outcome } from '../../contract/experiment.ts'
import type { Verdict } from '../../contract/verdict.ts'
import { newRecord } from '../../functions/experiments/phases.ts'
import { someSpec } from '../support/api-config.ts'

const ended = (outcome: Outcome | null, directions: 'requests' | 'both'): Experiment => {
  const spec = { ...someSpec, traffic: { ...someSpec.traffic, directions } }
  const { experiment } = newRecord(spec, { id: 'exp_1', by: 'ada', now: new Date(0) })
  return { ...experiment, phase: 'ended', outcome }
}
const judged = (outcome: Verdict['outcome']) => ({ outcome }) as Verdict

test.each<[Outcome | null, 'requests' | 'both', Verdict['outcome'], number]>([
  ['completed', 'both', 'pass', 0],
  ['completed', 'both', 'inconclusive', 4],
  ['completed', 'both', 'fail', 5],
  ['completed', 'requests', 'inconclusive', 0],
  ['stopped', 'both', 'pass', 4],
  ['stopped', 'both', 'fail', 5],
  ['expired', 'both', 'pass', 4],
  ['over-budget', 'requests', 'inconclusive', 4],
  ['failed', 'both', 'pass', 5],
  ['aborted', 'requests', 'inconclusive', 5],
  [null, 'requests', 'inconclusive', 4],
])('an experiment that is %s, mirrored %s, with the verdict %s, ends the wait with %i', (...given) => {
  const [outcome, directions, verdict, exit] = given

  expect(exitOf(ended(outcome, directions), judged(verdict))).toBe(exit)
})
