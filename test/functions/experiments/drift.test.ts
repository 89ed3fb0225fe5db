import { describe, expect, test } from 'vitest'
import { driftReasons, growsWithAge } from '../../../functions/experiments/drift.ts'
import { seeded } from '../../../local/demo/random.ts'
import { endpointTally } from '../../support/tallies.ts'

const RUNS = 200
const SAMPLES = 2_000

/** An hour of an experiment that began `age` hours after the copy; a difference with this chance at each age. */
const runs = (age: number, rate: (hours: number) => number): number => {
  let growing = 0
  for (let run = 0; run < RUNS; run++) {
    const random = seeded(run + 1)
    const tally = { compared: SAMPLES, ages: { sum: 0, squares: 0 } }
    const place = { count: 0, ages: 0 }
    for (let n = 0; n < SAMPLES; n++) {
      const hours = age + random()
      tally.ages.sum += hours
      tally.ages.squares += hours * hours
      if (random() >= rate(hours)) continue
      place.count++
      place.ages += hours
    }
    if (growsWithAge(tally, place)) growing++
  }
  return growing / RUNS
}

describe('a difference', () => {
  test('that grows from nothing at the copy is drift', () => {
    expect(runs(0.1, (hours) => 0.3 * hours)).toBeGreaterThan(0.95)
  })

  test.each([
    ['that is the same at every age', 0.1, () => 0.1],
    ['that is the same a day after the copy', 24, () => 0.5],
    ['at every request', 1, () => 1],
  ])('%s is none', (_, age, rate) => {
    expect(runs(age, rate)).toBeLessThanOrEqual(0.01)
  })

  test('that begins in the middle of the experiment is none', () => {
    expect(runs(1, (hours) => (hours > 1.5 ? 1 : 0))).toBe(0)
  })
})

test('is told in one sentence, and decides nothing', () => {
  const drifting = endpointTally('GET /orders/{id}', { '200>200': 60, '200>404': 40 }, { drifted: 40 })

  const reasons = driftReasons([drifting, endpointTally('GET /b', { '200>200': 100 })])

  expect(reasons).toMatchObject([
    { rule: 'drift', effect: 'informs', samples: 200, measured: { value: 0.2 } },
  ])
  expect(reasons[0]?.sentence).toBe(
    '40 of 200 answers differ because the shadow’s data is older than production’s, at 1 endpoint, most at GET /orders/{id} (40 of 100): these say nothing about the release.',
  )
})
