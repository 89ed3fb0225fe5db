import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { metricsOf, type Resources } from '../../../contract/resources.ts'
import {
  addPeriods,
  type Counted,
  duePeriods,
  type Figures,
  type ResourceState,
  withCounted,
} from '../../../functions/experiments/resource-periods.ts'
import { resourcesOf } from '../../support/resources.ts'
import { SCALE } from '../../support/scale.ts'

const START = Date.parse('2026-11-21T12:00:00.000Z')
const MINUTE = 60_000
const NOTHING: ResourceState = { counted: [], through: null, tallies: [] }
const resources = resourcesOf(['database-operations'])
const mirrored = resourcesOf(['database-operations'], { requests: { production: 'mirrored' } })

/** 600 requests a minute to production, 300 to the shadow; 1 and 2 operations each. */
const counted = (minute: number, change: Partial<Counted> = {}): Counted => ({
  at: new Date(START + minute * MINUTE).toISOString(),
  received: 600 * Math.max(0, minute),
  shadow: 300 * Math.max(0, minute),
  control: 0,
  steady: true,
  whole: true,
  ...change,
})

/** Figures of every minute, but for what `lacks` says. */
const figuresOf = (lacks: (place: string, minute: number) => boolean = () => false): Figures => {
  const value: Record<string, number> = {
    'requests production': 600,
    'database-operations production': 600,
    'database-operations shadow': 600,
  }
  return (of, side) => {
    const each = value[`${of} ${side}`]
    if (each === undefined) return undefined
    const values = new Map(
      Array.from({ length: 60 }, (_, minute) => minute).flatMap((minute) =>
        lacks(`${of} ${side}`, minute) ? [] : [[START + minute * MINUTE, each] as const],
      ),
    )
    return { values, trouble: null }
  }
}

type Look = { minute: number; figures?: Figures; counted?: Partial<Counted> }

const lookAt = (looks: readonly Look[], asked: Resources = resources) =>
  looks.reduce(
    (state, { minute, figures = figuresOf(), counted: change = {} }) =>
      addPeriods(withCounted(state, counted(minute, change)), asked, figures, {
        now: START + minute * MINUTE,
        tickMs: MINUTE,
      }),
    NOTHING,
  )
const minutes = (from: number, to: number): Look[] =>
  Array.from({ length: to - from + 1 }, (_, n) => ({ minute: from + n }))

describe('the periods that are added', () => {
  test('are those whose figures are settled, by what was served in them', () => {
    const { tallies, through } = lookAt(minutes(0, 12))

    expect(tallies).toMatchObject([
      {
        periods: 10,
        missing: {},
        sides: {
          production: { amount: 6_000, requests: 6_000 },
          shadow: { amount: 6_000, requests: 3_000 },
        },
      },
    ])
    expect(through).toBe('2026-11-21T12:10:00.000Z')
  })

  test('are added once, however often and unevenly somebody looks', () => {
    const whole = lookAt(minutes(0, 30)).tallies
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 29 }), fc.integer({ min: 1, max: 99 }))),
        (more) => {
          const between = more.map(([minute, hundredth]) => ({ minute: minute + hundredth / 100 }))
          const looks = [...minutes(0, 30), ...between].sort((a, b) => a.minute - b.minute)
          const repeated = looks.flatMap((look) => [look, look])

          const [tally] = lookAt(repeated).tallies
          expect(tally?.periods).toBe(whole[0]?.periods)
          expect(tally?.sides.shadow?.requests).toBeCloseTo(whole[0]?.sides.shadow?.requests ?? 0, 6)
        },
      ),
      { numRuns: 20 * SCALE },
    )
  })

  test('stay few in the record, however long it lasts', () => {
    expect(lookAt(minutes(0, 55)).counted.length).toBeLessThan(10)
  })

  test('begin when both are warmed up, and leave a pause out', () => {
    const looks = minutes(0, 20).map(({ minute }) => ({
      minute,
      counted: { steady: minute >= 3 && (minute < 10 || minute > 12) },
    }))

    expect(lookAt(looks).tallies).toMatchObject([{ periods: 18 - 3 - 4 }])
  })

  test('leave out those for which nobody looked', () => {
    const looks = minutes(0, 20).filter(({ minute }) => minute < 5 || minute > 9)

    expect(lookAt(looks).tallies).toMatchObject([{ periods: 18 - 6, missing: {} }])
  })

  test('wait for a figure that is late', () => {
    const late = (minute: number) => ({
      minute,
      figures: figuresOf((place, of) => place.endsWith('shadow') && of === 2 && minute < 7),
    })
    const before = lookAt([0, 1, 2, 3, 4, 5, 6].map(late))
    const after = lookAt([0, 1, 2, 3, 4, 5, 6, 7].map(late))

    expect(before.tallies).toMatchObject([{ periods: 2, missing: {} }])
    expect(after.tallies).toMatchObject([{ periods: 5, missing: {} }])
  })

  test('say whose figures did not come', () => {
    const figures = figuresOf((place) => place === 'database-operations shadow')
    const looks = minutes(0, 20).map((look) => ({ ...look, figures }))

    expect(lookAt(looks).tallies).toMatchObject([{ periods: 0, missing: { shadow: 15 } }])
  })

  test('divide by what was mirrored only while all of it was', () => {
    const looks = minutes(0, 20).map(({ minute }) => ({
      minute,
      counted: { whole: minute < 5 || minute > 7 },
    }))

    expect(lookAt(looks, mirrored).tallies).toMatchObject([
      { periods: 14, missing: {}, sides: { production: { requests: 14 * 600 } } },
    ])
  })

  test('do not tell where the shadow was sent nothing', () => {
    const looks = minutes(0, 12).map((look) => ({ ...look, counted: { shadow: 0 } }))

    expect(lookAt(looks).tallies).toMatchObject([{ periods: 0, missing: {} }])
  })
})

test('a period is due when two more are over and its requests are counted', () => {
  const state = { ...NOTHING, counted: [counted(0), counted(1), counted(2)] }
  const at = (minute: number) => duePeriods(state, resources, START + minute * MINUTE).length

  expect([at(2.9), at(3), at(3.9), at(4), at(40)]).toEqual([0, 1, 1, 2, 2])
})

test('a look asks for each metric once', () => {
  expect(metricsOf(resources).map(({ of, side }) => `${of} ${side}`)).toEqual([
    'database-operations production',
    'database-operations shadow',
    'requests production',
  ])
  expect(metricsOf(mirrored)).toHaveLength(2)
})
