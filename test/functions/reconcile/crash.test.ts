import { describe, test } from 'vitest'
import { type Switches, switchValues } from '../../../local/aws/switches.ts'
import { crashAtEachKind, crashAtEvery } from '../../support/crash.ts'
import { IS_PROOF } from '../../support/scale.ts'

/** Under what no source settles about AWS it must hold as well. */
const UNSETTLED: Partial<Switches>[] = [
  { notFoundSpelling: 'documented', tokenAfterDelete: 'recreate', describeLagSeconds: 20 },
  { tokenAfterDelete: 'mismatch', deliverTwice: true, referenceLagSeconds: 3, describeLagSeconds: 3 },
]

test.each<['before' | 'lost', Partial<Switches>]>([
  ['before', {}],
  ['lost', {}],
  ...UNSETTLED.map((switches): ['lost', Partial<Switches>] => ['lost', switches]),
])(
  'killed at the first call of each kind (%s), under %j, it ends the same',
  { timeout: 60_000 },
  crashAtEachKind,
)

/** A life takes seconds: only `npm run proof` takes every point of it. */
if (IS_PROOF)
  describe('killed at every point', { timeout: 7_200_000 }, () => {
    test.each(['before', 'lost'] as const)('%s, it ends the same', (when) => crashAtEvery(when, {}, 0, 1))

    /** More values than this, each from another point on, so that each point is taken under some of them. */
    const STRIDE = 24
    /** Of every named switch the values that are not its default, one at a time. */
    const every = Object.entries(switchValues)
      .flatMap(([name, [, ...others]]) => others.map((value): Partial<Switches> => ({ [name]: value })))
      .map((switches, place): [Partial<Switches>, number] => [switches, place % STRIDE])

    test.each<[Partial<Switches>, number]>([
      ...UNSETTLED.map((switches, place): [Partial<Switches>, number] => [switches, 5 + 10 * place]),
      ...every,
    ])('with the answer lost, under %j', (switches, first) => crashAtEvery('lost', switches, first, STRIDE))
  })
