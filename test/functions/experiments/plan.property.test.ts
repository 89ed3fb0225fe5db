import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sessionHours } from '../../../functions/cost/hours.ts'
import { reach } from '../../../functions/experiments/stages.ts'
import { seeded } from '../../support/faults.ts'
import { SECOND } from '../../support/model-account.ts'
import {
  account,
  expectSafe,
  fleet,
  happen,
  left,
  life,
  live,
  NOTHING,
  open,
  quiet,
  ramp,
  run,
  settings,
  TICK,
} from '../../support/model-life.ts'
import { IS_PROOF, SCALE } from '../../support/scale.ts'

const RUNS = IS_PROOF ? 150 * SCALE : 75
const TIMEOUT = { timeout: 120_000 * SCALE }

test('from any state, after any crash or lost answer, an experiment ends and leaves nothing', TIMEOUT, () => {
  fc.assert(
    fc.property(life, fc.integer(), (drawn, seed) => {
      const account = open(drawn)
      const random = seeded(seed)
      live(account, drawn.steps, random)

      for (let n = 0; n < 120 && account.active; n++) {
        account.advance(TICK * SECOND)
        run(account, random, Number.POSITIVE_INFINITY, false)
      }

      expect(account.record.experiment.phase).toBe('ended')
      expect(account.record.experiment.outcome).not.toBeNull()
      expect(account.record.life.outbox).toEqual([])
      expect(left(account)).toEqual(NOTHING)
      expect([...account.rows.values()].filter(({ state }) => state !== 'deleted')).toEqual([])
    }),
    { numRuns: RUNS },
  )
})

test(
  'with the control plane dead for good at any point, packets stop, recorded sessions go, gateways go',
  TIMEOUT,
  () => {
    fc.assert(
      fc.property(life, fc.integer(), (drawn, seed) => {
        const account = open(drawn)
        live(account, drawn.steps, seeded(seed))
        // Only one with its kill schedule is recorded as active; another that is named is on its way out.
        const recorded = [...account.rows.values()].flatMap(({ state, session }) =>
          state === 'intended' || session === null ? [] : [session],
        )

        for (let second = 0; second <= settings.leaseMs / SECOND; second++) {
          account.advance(SECOND)
          expectSafe(account)
        }
        const open_ = account.open()
        account.advance(1000 * SECOND)

        expect(open_).toEqual([])
        expect(recorded.filter((session) => account.sessions.has(session))).toEqual([])
        expect(account.desired).toBe(0)
      }),
      { numRuns: RUNS },
    )
  },
)

test(
  'it mirrors what its source resolves to, and nothing else, once the fleet has come to rest',
  TIMEOUT,
  () => {
    fc.assert(
      fc.property(fleet, fc.integer(), (drawn, seed) => {
        const account = open(drawn)
        const random = seeded(seed)
        live(account, drawn.steps, random)
        run(account, random, Number.POSITIVE_INFINITY, false)
        if (account.record.experiment.pausedSince !== null) expect(account.open()).toEqual([])
        happen(account, { is: 'resume' })
        const ticks = 2 + Math.ceil((settings.describeLagMs + drawn.lagSeconds * SECOND) / (TICK * SECOND))
        for (let n = 0; n < 2 * ticks; n++) {
          account.advance(TICK * SECOND)
          run(account, random, Number.POSITIVE_INFINITY, false)
        }

        const running = [...account.enis].filter((eni) => !account.stopped.has(eni)).sort()
        const mirrored = [...account.sessions.values()]
          .flatMap(({ eni, filter }) => (filter === account.record.life.filter ? [eni] : []))
          .sort()
        if (account.record.experiment.phase === 'mirroring') {
          expect(mirrored).toEqual(running)
          expect(account.sessions.size).toBe(running.length)
          expect(account.open()).toHaveLength(account.record.life.rules.length)
          expect(account.open()).not.toEqual([])
        } else expect(account.record.experiment.outcome).toBe('failed')
      }),
      { numRuns: RUNS },
    )
  },
)

test('a window of just an hour owes one hour for each session and ends hardly early', () => {
  const account = open(quiet)
  const random = seeded(7)
  const end = Date.parse(account.record.experiment.endAt)

  while (account.active && account.now < end + 300 * SECOND) {
    run(account, random, Number.POSITIVE_INFINITY, false)
    account.advance(TICK * SECOND)
  }

  const { experiment, life } = account.record
  expect(experiment.outcome).toBe('completed')
  expect(end - Date.parse(life.drainingSince ?? '')).toBeLessThanOrEqual(30 * SECOND)
  const hours = [...account.rows.values()].map(({ createdAt, deletedAt }) =>
    sessionHours({ createdAt: createdAt ?? '', deletedAt }, new Date(account.now)),
  )
  expect(hours).toEqual([1, 1, 1, 1, 1])
})

test('a session that nobody could record, and that its schedule ended in an outage, is paid for', () => {
  const owed = Array.from({ length: 60 }, (_, dieAfter) => {
    const account = open({ sources: 1, seconds: 60, delay: 0, lagSeconds: 0, both: false, steps: [] })
    const random = seeded(dieAfter)
    // The gateways come first, and time for them.
    run(account, random, Number.POSITIVE_INFINITY, false)
    account.advance(TICK * SECOND)
    run(account, random, dieAfter, true)
    const made = account.sessions.size
    account.advance(600 * SECOND)
    for (let n = 0; n < 40 && account.active; n++) {
      run(account, random, Number.POSITIVE_INFINITY, false)
      account.advance(TICK * SECOND)
    }
    expect(account.sessions.size).toBe(0)
    return { made, owed: [...account.rows.values()].filter(({ createdAt }) => createdAt !== null).length }
  })

  expect(owed.filter(({ made }) => made === 1)).not.toEqual([])
  for (const { made, owed: rows } of owed) expect(rows).toBeGreaterThanOrEqual(made)
})

test('a plan that was carried out asks for nothing more', TIMEOUT, () => {
  fc.assert(
    fc.property(life, fc.integer(), (drawn, seed) => {
      const account = open(drawn)
      const random = seeded(seed)
      live(account, drawn.steps, random)

      run(account, random, Number.POSITIVE_INFINITY, false)
      const again = run(account, random, Number.POSITIVE_INFINITY, false)

      // A Describe that lags makes it check once more what it has just done.
      if (drawn.lagSeconds === 0) expect(again).toBe(0)
    }),
    { numRuns: RUNS },
  )
})

test('a ramp mirrors at each stage its share of the sources, and never takes one away again', TIMEOUT, () => {
  fc.assert(
    fc.property(account.sources, ramp, fc.integer(), (sources, stages, seed) => {
      const mirrored = open({ ...quiet, sources, ramp: stages })
      const random = seeded(seed)
      let before = new Set<string>()
      let highest = 0
      for (let n = 0; n < 100; n++) {
        run(mirrored, random, Number.POSITIVE_INFINITY, false)
        mirrored.advance(TICK * SECOND)
        const now = new Set([...mirrored.sessions.values()].map(({ eni }) => eni))
        const { index, since } = mirrored.record.life.stage
        const allowed = reach(sources, stages[index]?.sources ?? 100)

        expect([...before].filter((eni) => !now.has(eni))).toEqual([])
        expect(now.size).toBeLessThanOrEqual(allowed)
        if (since !== null) expect(now.size).toBe(allowed)
        if (since !== null) expect(mirrored.config.entry?.percent).toBe(stages[index]?.requests ?? 100)
        before = now
        highest = index
      }

      expect(mirrored.record.experiment.phase).toBe('mirroring')
      expect(highest).toBe(Math.max(0, stages.length - 1))
    }),
    { numRuns: RUNS },
  )
})
