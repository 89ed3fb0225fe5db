import * as z from 'zod'
import { type Resource, SIDES, type Side } from '../../contract/resource.ts'
import { ResourceName, SideName } from '../../contract/resources.ts'

const count = z.int().nonnegative()
const Amount = z.object({ amount: z.number(), requests: z.number() })
type Amount = z.output<typeof Amount>

/**
 * What was used in some periods, added up: of a ratio of sums, and of how its parts vary together from period to period,
 * nothing else is needed, however long an experiment lasts.
 */
export const ResourceTally = z.object({
  resource: ResourceName,
  /** In which the shadow and what it is judged against had figures. */
  periods: count,
  /** In which a side had none, though it should. */
  missing: z.partialRecord(SideName, count),
  /** Why a side’s figures could not be read at the last look. */
  trouble: z.partialRecord(SideName, z.string()).default({}),
  sides: z.partialRecord(SideName, Amount),
  /** Sums of the products of each two of `vectorOf`. */
  products: z.array(z.number()).length(10),
})
export type ResourceTally = z.output<typeof ResourceTally>

export const emptyTally = (resource: Resource): ResourceTally => ({
  resource,
  periods: 0,
  missing: {},
  trouble: {},
  sides: {},
  products: new Array(10).fill(0),
})

const vectorOf = (shadow: Amount, against: Amount): readonly [number, number, number, number] => [
  shadow.amount,
  shadow.requests,
  against.amount,
  against.requests,
]

const PAIRS = [0, 1, 2, 3].flatMap((i) => [0, 1, 2, 3].slice(i).map((j) => [i, j] as const))

/** One more period, in which the shadow and what it is judged against had figures. */
export const addPeriod = (
  tally: ResourceTally,
  against: 'control' | 'production',
  sides: Readonly<Partial<Record<Side, Amount>> & { shadow: Amount }>,
): ResourceTally => {
  const vector = vectorOf(sides.shadow, sides[against] as Amount)
  const sum = (side: Side): Amount | undefined => {
    const [known, more] = [tally.sides[side], sides[side]]
    if (known === undefined || more === undefined) return more ?? known
    return { amount: known.amount + more.amount, requests: known.requests + more.requests }
  }
  return {
    ...tally,
    periods: tally.periods + 1,
    sides: Object.fromEntries(SIDES.flatMap((side) => (sum(side) ? [[side, sum(side)]] : []))),
    products: tally.products.map((known, at) => {
      const [i, j] = PAIRS[at] as readonly [0 | 1 | 2 | 3, 0 | 1 | 2 | 3]
      return known + vector[i] * vector[j]
    }),
  }
}

export const addMissing = (tally: ResourceTally, sides: readonly Side[]): ResourceTally => ({
  ...tally,
  missing: {
    ...tally.missing,
    ...Object.fromEntries(sides.map((side) => [side, (tally.missing[side] ?? 0) + 1])),
  },
})

export type LogRatio = Readonly<{ ratio: number; error: number }>

/**
 * The shadow’s use per request over that of what it is judged against, and the standard error of its logarithm, from how the
 * periods scatter, each side’s use and requests paired within a period (linearised: Cochran 1977, Sampling Techniques,
 * 6.3). A period with many requests counts for more, and one without any use is no trouble. Null where one used nothing.
 */
export const logRatio = (
  { periods, sides, products }: ResourceTally,
  against: 'control' | 'production',
): LogRatio | null => {
  const [shadow, other] = [sides.shadow, sides[against]]
  if (!shadow || !other || periods < 2 || shadow.amount <= 0 || other.amount <= 0) return null
  const weights = vectorOf(shadow, other).map(
    (total, at) => (at === 0 || at === 3 ? periods : -periods) / total,
  )
  // A period’s deviation is the weighted sum of its vector; all of them add up to zero.
  const squares = PAIRS.reduce(
    (sum, [i, j], at) =>
      sum + (i === j ? 1 : 2) * (weights[i] as number) * (weights[j] as number) * (products[at] as number),
    0,
  )
  return {
    ratio: shadow.amount / shadow.requests / (other.amount / other.requests),
    error: Math.sqrt(Math.max(0, squares) / (periods - 1) / periods),
  }
}
