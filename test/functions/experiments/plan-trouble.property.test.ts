import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seeded } from '../../support/faults.ts'
import { SECOND } from '../../support/model-account.ts'
import {
  expectSafe,
  left,
  live,
  NOTHING,
  open,
  run,
  settings,
  TICK,
  troubled,
} from '../../support/model-life.ts'
import { IS_PROOF, SCALE } from '../../support/scale.ts'

const RUNS = IS_PROOF ? 150 * SCALE : 75
const TIMEOUT = { timeout: 120_000 * SCALE }

test(
  'whatever clocks, deliveries, limits and deaths do together, what is promised holds after every step, and it ends with nothing left',
  TIMEOUT,
  () => {
    fc.assert(
      fc.property(troubled, fc.integer(), (drawn, seed) => {
        const account = open(drawn)
        const random = seeded(seed)
        live(account, drawn.steps, random)

        account.deliveries = []
        for (let n = 0; n < 150 && account.active; n++) {
          account.advance(TICK * SECOND)
          expectSafe(account)
          run(account, random, Number.POSITIVE_INFINITY, false)
        }

        expect(account.record.experiment.phase).toBe('ended')
        expect(account.record.experiment.outcome).not.toBeNull()
        expect(account.record.life.outbox).toEqual([])
        // By a clock that jumped a filter whose answer was lost is given up before Describe shows it: the sweeper finds it.
        const isUnseen = account.skewMaxMs > 0 && drawn.lagSeconds > 0
        expect(left(account)).toEqual({ ...NOTHING, ...(isUnseen && { filters: expect.any(Array) }) })
        expect([...account.rows.values()].filter(({ state }) => state !== 'deleted')).toEqual([])
      }),
      { numRuns: RUNS },
    )
  },
)

test(
  'abandoned in the middle of all that, nothing is mirrored past the lease or the end by AWS’s clock but what AWS itself forgot',
  TIMEOUT,
  () => {
    fc.assert(
      fc.property(troubled, fc.integer(), (drawn, seed) => {
        const account = open(drawn)
        live(account, drawn.steps, seeded(seed))
        account.deliveries = []

        account.advance(settings.leaseMs + account.skewMaxMs + SECOND)
        const mirroring = account.open().filter((rule) => !account.undelivered.has(rule))
        account.advance(1000 * SECOND + account.skewMaxMs)
        // One whose answer was lost is known by its tags only: the sweeper or `panic` ends it.
        const recorded = [...account.rows.values()].flatMap(({ state, session }) =>
          state === 'intended' || session === null ? [] : [session],
        )
        const alive = recorded.filter(
          (session) => account.sessions.has(session) && !account.undelivered.has(session),
        )

        expect(mirroring).toEqual([])
        expect(alive).toEqual([])
      }),
      { numRuns: RUNS },
    )
  },
)
