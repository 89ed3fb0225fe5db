import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Half } from '../../../data-plane/tcp/connection.ts'
import { hold, trim } from '../../../data-plane/tcp/held.ts'
import { add, diff } from '../../../data-plane/tcp/sequence.ts'

const put = (half: Half, sequence: number, text: string): number =>
  hold(half, Buffer.from(text), 0, text.length, sequence, 0, true, true, 0)

const held = (half: Half): [number, string, boolean][] =>
  half.held.map((s) => [s.sequence, s.bytes.toString(), s.aligned])

describe('held segments', () => {
  test.each<[string, [number, string][], [number, string, boolean][]]>([
    [
      'apart, sorted',
      [
        [20, 'cd'],
        [10, 'ab'],
      ],
      [
        [10, 'ab', true],
        [20, 'cd', true],
      ],
    ],
    [
      'the same again',
      [
        [10, 'ab'],
        [10, 'xy'],
      ],
      [[10, 'ab', true]],
    ],
    [
      'a longer copy',
      [
        [10, 'ab'],
        [10, 'xyz'],
      ],
      [
        [10, 'ab', true],
        [12, 'z', false],
      ],
    ],
    [
      'over the front',
      [
        [12, 'cd'],
        [10, 'abxy'],
      ],
      [
        [10, 'ab', true],
        [12, 'cd', true],
      ],
    ],
    [
      'over the back',
      [
        [10, 'abc'],
        [12, 'xde'],
      ],
      [
        [10, 'abc', true],
        [13, 'de', false],
      ],
    ],
    [
      'around',
      [
        [12, 'c'],
        [10, 'abxde'],
      ],
      [
        [10, 'ab', true],
        [12, 'c', true],
        [13, 'de', false],
      ],
    ],
    [
      'over several',
      [
        [10, 'a'],
        [12, 'c'],
        [14, 'e'],
        [9, '01234567'],
      ],
      [
        [9, '0', true],
        [10, 'a', true],
        [11, '2', false],
        [12, 'c', true],
        [13, '4', false],
        [14, 'e', true],
        [15, '67', false],
      ],
    ],
    [
      'inside',
      [
        [10, 'abcdef'],
        [12, 'x'],
      ],
      [[10, 'abcdef', true]],
    ],
  ])('%s: what came first stays', (_, puts, expected) => {
    const half = new Half()

    for (const [sequence, text] of puts) put(half, sequence, text)

    expect(held(half)).toEqual(expected)
    expect(half.heldBytes).toBe(expected.reduce((sum, [, text]) => sum + text.length, 0))
  })

  test('against a model that keeps every byte', () => {
    const segment = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 20 }))
    fc.assert(
      fc.property(
        fc.array(segment, { maxLength: 20 }),
        fc.constantFrom(0, 0x7fffffe0, -40),
        fc.nat(70),
        (segments, base, cut) => {
          const half = new Half()
          const model = new Map<number, number>()
          segments.forEach(([from, length], n) => {
            const taken = hold(half, Buffer.alloc(length, n), 0, length, add(base, from), 0, true, true, 0)
            let expected = 0
            for (let i = from; i < from + length; i++) {
              if (model.has(i)) continue
              model.set(i, n)
              expected++
            }
            expect(taken).toBe(expected)
          })
          half.next = add(base, cut)
          trim(half)
          // `trim` looks at the front only while it is behind `next`.
          for (const i of [...model.keys()]) if (i < cut) model.delete(i)

          const found = new Map<number, number>()
          for (const s of half.held)
            for (const [i, byte] of s.bytes.entries()) found.set(diff(add(s.sequence, i), base), byte)
          expect(new Map([...found].sort(([a], [b]) => a - b))).toEqual(
            new Map([...model].sort(([a], [b]) => a - b)),
          )
          expect(half.heldBytes).toBe(found.size)
        },
      ),
    )
  })
})

test('sequence numbers wrap', () => {
  expect(diff(0, 0xffffffff | 0)).toBe(1)
  expect(diff(0x80000000 | 0, 0x7fffffff)).toBe(1)
  expect(diff(0xffffffff | 0, 0)).toBe(-1)
  expect(add(0x7fffffff, 1)).toBe(-0x80000000)
})
