import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { GatewayReport } from '../../../contract/gateway-report.ts'
import { zeroRequests } from '../../../contract/traffic.ts'
import { newRecord } from '../../../functions/experiments/phases.ts'
import { mergeReports } from '../../../functions/reconcile/meter.ts'
import type { TaskTotal } from '../../../functions/store/tasks.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'

const ID = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y'
const START = Date.parse('2026-11-21T12:00:00Z')
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString()

const fresh = newRecord(experimentSpec(), { id: ID, by: 'ada', now: new Date(START) })
const record = { ...fresh, life: { ...fresh.life, preparingSince: at(0) } }

const report = (task: string, startedAt: number, seconds: number, bytes: number): GatewayReport => ({
  task,
  version: '0.1.0',
  startedAt: at(startedAt),
  at: at(seconds),
  revision: 1,
  draining: false,
  datagrams: {},
  experiments: {
    [ID]: {
      volume: { bytes, packets: bytes / 100 },
      requests: { ...zeroRequests(), received: bytes, forwarded: bytes },
      gapBytes: 0,
      cut: 0,
      packets: {},
      sources: {},
    },
  },
})
const sum = (totals: readonly TaskTotal[], of: (total: TaskTotal) => number) =>
  totals.reduce((all, total) => all + of(total), 0)

test('a report that is read again, late or out of order changes nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 60 })), { maxLength: 40 }),
      (read) => {
        let known: TaskTotal[] = []
        for (const [task, seconds] of read)
          known = mergeReports(record, known, [report(task, 0, seconds, seconds * 1000)], 1).totals

        for (const task of ['a', 'b']) {
          const last = Math.max(0, ...read.filter(([of]) => of === task).map(([, seconds]) => seconds))
          const mine = known.filter((total) => total.task === task)
          expect(sum(mine, ({ volume }) => volume.bytes)).toBe(last * 1000)
          expect(sum(mine, ({ seconds }) => seconds)).toBeCloseTo(last, 9)
        }
      },
    ),
  )
})

test('a restarted task is another task: its counts are added', () => {
  const first = mergeReports(record, [], [report('a', 0, 30, 5000)], 1).totals
  const both = mergeReports(record, first, [report('b', 40, 50, 700)], 1).totals

  expect(sum(both, ({ volume }) => volume.bytes)).toBe(5700)
  expect(sum(both, ({ requests }) => requests.received)).toBe(5700)
  expect(sum(both, ({ seconds }) => seconds)).toBe(40)
})

test('seconds that several experiments share are divided among them', () => {
  const alone = mergeReports(record, [], [report('a', 0, 30, 0)], 1).totals
  const shared = mergeReports(record, alone, [report('a', 0, 60, 0)], 3).totals

  expect(shared[0]?.seconds).toBe(40)
})

test('a task that ran before owes its seconds only from the experiment’s beginning', () => {
  const { totals, bytesPerSecond } = mergeReports(record, [], [report('a', -3600, 20, 20_000)], 1)

  expect(totals).toMatchObject([{ since: at(0), seconds: 20 }])
  expect(bytesPerSecond).toBe((20_000 + 50 * 200) / 20)
})

test('a report from before the experiment counts nothing', () => {
  expect(mergeReports(record, [], [report('a', -60, -10, 0)], 1).totals).toEqual([])
})
