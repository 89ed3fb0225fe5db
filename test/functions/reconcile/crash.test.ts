import { test } from 'vitest'
import { type Switches, switchValues } from '../../../local/aws/switches.ts'
import { crashAtEvery } from '../../support/crash.ts'
import { IS_PROOF } from '../../support/scale.ts'

/** A life takes seconds: `npm run proof` takes every point, a quick run every so many of them. */
const STRIDE = IS_PROOF ? 1 : 131
/** Of a proof: more values than this, each from another point on, so that each point is taken under some of them. */
const SWITCHES_STRIDE = IS_PROOF ? 24 : 401

const TIMEOUT = IS_PROOF ? 7_200_000 : 300_000

test('killed before a call, it ends the same', { timeout: TIMEOUT }, () =>
  crashAtEvery('before', {}, IS_PROOF ? 0 : 3, STRIDE),
)
test('killed with the answer lost, it ends the same', { timeout: TIMEOUT }, () =>
  crashAtEvery('lost', {}, IS_PROOF ? 0 : 11, STRIDE),
)

/** Of every named switch the values that are not its default, one at a time. */
const EVERY = Object.entries(switchValues)
  .flatMap(([name, [, ...others]]) => others.map((value): Partial<Switches> => ({ [name]: value })))
  .map((switches, place): [Partial<Switches>, number] => [switches, place % SWITCHES_STRIDE])

/** Under what no source settles about AWS it must hold as well: fewer points each, and other ones. */
test.each<[Partial<Switches>, number]>([
  [{ notFoundSpelling: 'documented', tokenAfterDelete: 'recreate', describeLagSeconds: 20 }, 5],
  [{ tokenAfterDelete: 'mismatch', deliverTwice: true, referenceLagSeconds: 3, describeLagSeconds: 3 }, 15],
  ...(IS_PROOF ? EVERY : []),
])('killed with the answer lost, under %o', { timeout: TIMEOUT }, (switches, first) =>
  crashAtEvery('lost', switches, first, SWITCHES_STRIDE),
)
