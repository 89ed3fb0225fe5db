import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Gap } from '../../../contract/gap.ts'
import { Ramp } from '../../../contract/ramp.ts'
import { newRecord } from '../../../functions/experiments/phases.ts'
import { stageNow } from '../../../functions/experiments/plan-ramp.ts'
import { inOrder, reach } from '../../../functions/experiments/stages.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { ModelAccount } from '../../support/model-account.ts'

const anyFleet = fc.uniqueArray(
  fc.record({ eni: fc.string({ minLength: 1 }), availabilityZone: fc.constantFrom('a', 'b', 'c') }),
  { selector: ({ eni }) => eni, maxLength: 40 },
)

describe('the order in which a ramp takes sources', () => {
  it('has each once, and does not depend on how they were found', () => {
    fc.assert(
      fc.property(anyFleet, (fleet) => {
        const order = inOrder(fleet)

        expect(order).toEqual(inOrder([...fleet].reverse()))
        expect(new Set(order)).toEqual(new Set(fleet))
      }),
    )
  })

  it('takes none of a zone twice before every zone that has more had its turn', () => {
    fc.assert(
      fc.property(anyFleet, fc.nat(40), (fleet, count) => {
        const taken = inOrder(fleet).slice(0, count)
        const of = (from: typeof fleet, zone: string) =>
          from.filter(({ availabilityZone }) => availabilityZone === zone).length

        for (const zone of ['a', 'b', 'c'])
          for (const other of ['a', 'b', 'c'])
            if (of(taken, other) < of(fleet, other))
              expect(of(taken, zone)).toBeLessThanOrEqual(of(taken, other) + 1)
      }),
    )
  })

  it.each([
    [9, 1, 1],
    [9, 11, 1],
    [9, 12, 2],
    [2, 50, 1],
    [3, 100, 3],
    [0, 50, 0],
  ])('of %d sources, %d %% is %d', (candidates, percent, count) => {
    expect(reach(candidates, percent)).toBe(count)
  })
})

describe('a ramp in a spec', () => {
  it.each([
    [{ stages: [] }, 'stages'],
    [{ stages: [{ sources: 0, seconds: 60 }, { sources: 100 }] }, 'stages.0.sources'],
    [{ stages: [{ sources: 50, seconds: 60 }, { sources: 10 }] }, 'stages.1.sources'],
    [{ stages: [{ sources: 50 }, { sources: 100 }] }, 'stages.0.seconds'],
  ])('%j is refused, and the field named', (ramp, field) => {
    const { error } = Ramp.safeParse(ramp)

    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual([field])
  })

  it('may let the share of requests fall, since that opens no session-hour', () => {
    expect(
      Ramp.safeParse({
        stages: [
          { sources: 10, requests: 100, seconds: 60 },
          { sources: 100, requests: 10 },
        ],
      }).success,
    ).toBe(true)
  })
})

describe('what the next stage waits for', () => {
  const START = Date.parse('2026-11-21T12:00:00Z')
  const holds = (
    promote: 'health' | 'time',
    verdict: { outcome: 'pass' | 'fail' | 'inconclusive'; sentence: string } | null,
    { directions = 'both', gaps = [] }: { directions?: 'both' | 'requests'; gaps?: Gap[] } = {},
  ) => {
    const account = new ModelAccount(
      newRecord(
        experimentSpec({
          traffic: { ports: [8080], directions },
          ramp: {
            stages: [{ sources: 50, seconds: 60 }, { sources: 100, seconds: 60 }, { sources: 100 }],
            promote,
          },
        }),
        { id: 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y', by: 'ada', now: new Date(START) },
      ),
      ['eni-00000001', 'eni-00000002'],
      START,
      0,
    )
    const { experiment, life } = account.record
    const record = {
      experiment: { ...experiment, phase: 'mirroring' as const, gaps },
      // The second stage: the first has the canary to wait for as well.
      life: { ...life, verdict, stage: { index: 1, since: new Date(START).toISOString() } },
    }
    const view = { record, sessions: [], seen: account.observe() }
    return stageNow(view, new Date(START + 61_000))?.holds
  }
  const fail = { outcome: 'fail' as const, sentence: 'GET /a: 12 % new errors.' }
  const inconclusive = { outcome: 'inconclusive' as const, sentence: 'Too few requests.' }
  const pass = { outcome: 'pass' as const, sentence: 'No difference.' }

  it('a verdict that is not fail, whatever else it goes by', () => {
    const said = 'The next stage waits: the verdict so far is fail. GET /a: 12 % new errors.'

    expect(holds('time', fail)).toBe(said)
    expect(holds('health', fail)).toBe(said)
  })

  it('a verdict that is pass, when it goes by health and answers are compared', () => {
    expect(holds('health', null)).toBe('The next stage waits for the verdict so far.')
    expect(holds('health', inconclusive)).toBe(
      'The next stage waits: the verdict so far is inconclusive. Too few requests.',
    )
    expect(holds('health', pass)).toBeNull()
    expect(holds('time', inconclusive)).toBeNull()
    expect(holds('health', null, { directions: 'requests' })).toBeNull()
  })

  it('traffic that is seen whole, when it goes by health', () => {
    const gaps: Gap[] = [
      {
        kind: 'starved',
        of: 'eni-00000001',
        since: '2026-11-21T12:00:00Z',
        until: null,
        what: 'Nothing arrives.',
      },
    ]

    expect(holds('health', pass, { gaps })).toBe(
      'The next stage waits until traffic is seen whole. Nothing arrives.',
    )
    expect(holds('time', pass, { gaps })).toBeNull()
    expect(holds('health', pass, { gaps: gaps.map((gap) => ({ ...gap, until: gap.since })) })).toBeNull()
  })
})
