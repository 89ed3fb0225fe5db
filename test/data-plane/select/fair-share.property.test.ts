import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FairShare } from '../../../data-plane/select/fair-share.ts'
import { TURN } from '../../../data-plane/source/datagram-source.ts'
import { seeded } from '../../support/faults.ts'
import { SCALE } from '../../support/scale.ts'

const RING = 4096
/** To count a packet instead of reading it costs next to nothing. */
const LEFT_OUT_COST = 0.01

/**
 * A ring and a worker that reads one datagram in one unit of time; experiment n offers `rates[n]` datagrams a unit. What
 * the ring has no room for is lost, whoever it belongs to.
 */
const run = (rates: readonly number[], turns: number, seed: number) => {
  const random = seeded(seed)
  const share = new FairShare<number>()
  const total = rates.reduce((sum, rate) => sum + rate, 0)
  const upTo = rates.map((_, n) => rates.slice(0, n + 1).reduce((sum, rate) => sum + rate, 0))
  const ring: number[] = []
  const read = rates.map(() => 0)
  const offered = rates.map(() => 0)
  let due = 0
  let time = 0
  const arrive = (units: number) => {
    for (due += units * total; due >= 1; due--) {
      const place = random() * total
      const of = Math.max(
        0,
        upTo.findIndex((sum) => place < sum),
      )
      offered[of] = (offered[of] ?? 0) + 1
      if (ring.length < RING) ring.push(of)
    }
  }
  for (let turn = 0; turn < turns; turn++) {
    share.turn(ring.length / RING, rates.length)
    let units = 0
    for (const of of ring.splice(0, TURN)) {
      const taken = !share.isOn || share.takes(of)
      units += taken ? 1 : LEFT_OUT_COST
      if (taken) read[of] = (read[of] ?? 0) + 1
    }
    time += Math.max(1, units)
    arrive(Math.max(1, units))
  }
  return { read, offered, time, share }
}

const seed = fc.integer()

test('who asks for less than an equal share of an overloaded worker gets it, and the worker is not idle', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 6 }),
      fc.double({ min: 1.5, max: 8, noNaN: true }),
      fc.double({ min: 0.05, max: 0.7, noNaN: true }),
      seed,
      (experiments, flood, modesty, number) => {
        const modest = modesty / experiments
        const { read, offered, time } = run(
          [flood, ...Array.from({ length: experiments - 1 }, () => modest)],
          1000,
          number,
        )

        for (let n = 1; n < experiments; n++) expect((read[n] ?? 0) / (offered[n] ?? 1)).toBeGreaterThan(0.9)
        expect(read.reduce((sum, of) => sum + of, 0) / time).toBeGreaterThan(0.75)
      },
    ),
    { numRuns: 30 * SCALE },
  )
})

test('equals that all ask for too much get equally much', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 6 }),
      fc.double({ min: 0.8, max: 1.6, noNaN: true }),
      seed,
      (experiments, rate, number) => {
        const { read } = run(
          Array.from({ length: experiments }, (_, n) => rate * (1 + n)),
          600,
          number,
        )

        expect(Math.min(...read) / Math.max(...read)).toBeGreaterThan(0.8)
      },
    ),
    { numRuns: 20 * SCALE },
  )
})

test('nothing is left out where the worker keeps up, or has one experiment only', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 0.15, noNaN: true }), { minLength: 1, maxLength: 6 }),
      fc.double({ min: 0.1, max: 8, noNaN: true }),
      seed,
      (rates, alone, number) => {
        const several = run(rates, 500, number)
        const single = run([alone], 500, number)

        expect(several.share.isOn).toBe(false)
        expect(single.share.isOn).toBe(false)
      },
    ),
    { numRuns: 20 * SCALE },
  )
})
