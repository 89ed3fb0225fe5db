import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Differences } from '../../../data-plane/compare/difference.ts'
import { compareJson } from '../../../data-plane/compare/json.ts'

const differences = (a: unknown, b: unknown) => {
  const found = new Differences()
  compareJson(a, b, '$', found, Date.UTC(2026, 10, 21))
  return found.list
}

const values = fc.jsonValue({ maxDepth: 4 })
const MIRRORED: Record<string, string> = { missing: 'extra', extra: 'missing' }
const kinds = (a: unknown, b: unknown) => differences(a, b).map(({ kind }) => kind)

test('nothing differs from itself, however its members are ordered', () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([name, inner]) => [name, reversed(inner)]),
    )
  }
  fc.assert(
    fc.property(values, (value) => {
      expect(differences(value, structuredClone(value))).toEqual([])
      expect(differences(value, reversed(value))).toEqual([])
    }),
  )
})

test('seen from the other side the same kinds are found, missing for extra', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const there = new Set(kinds(a, b))
      const back = new Set(kinds(b, a).map((kind) => MIRRORED[kind] ?? kind))
      expect(back).toEqual(there)
    }),
  )
})

/** What a naive reader calls equal: canonical text, arrays as bags. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value === 0 ? 0 : value)
  const members = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`)
  return `{${members.sort().join()}}`
}

test('something differs exactly where a second reading finds the values unequal', () => {
  const small = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom(null, true, false, 0, 1, 2, 'a', 'b'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'id'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value
  fc.assert(
    fc.property(small, small, (a, b) => {
      const isEqual = differences(a, b).every(({ kind }) => kind === 'order')
      expect(isEqual).toBe(canonical(a) === canonical(b))
    }),
    { numRuns: 2_000 },
  )
})

test.each<[string, () => [unknown, unknown]]>([
  [
    'nested a hundred thousand deep',
    () => [
      JSON.parse('['.repeat(1e5) + ']'.repeat(1e5)),
      JSON.parse(`${'['.repeat(1e5)}1${']'.repeat(1e5)}`),
    ],
  ],
  [
    'half a million elements in reverse',
    () => [Array.from({ length: 5e5 }, (_, i) => i), Array.from({ length: 5e5 }, (_, i) => 5e5 - i)],
  ],
  [
    'a hundred thousand members that all differ',
    () => [
      Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => [`a${i}`, i])),
      Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => [`b${i}`, i])),
    ],
  ],
  [
    'a name a hundred thousand times, whose last value counts',
    () => [JSON.parse(`{${'"a":1,'.repeat(1e5)}"a":2}`), JSON.parse(`{"a":2,${'"a":1,'.repeat(1e5)}"a":3}`)],
  ],
  ['arrays of arrays without names', () => [nested(6, 8, 0), nested(6, 8, 1)]],
])('%s: bounded time, a bounded list', (_name, make) => {
  const [a, b] = make()
  const began = process.cpuUsage()

  const found = differences(a, b)

  const { user, system } = process.cpuUsage(began)
  expect((user + system) / 1e6).toBeLessThan(3)
  expect(found.length).toBeGreaterThan(0)
  expect(found.length).toBeLessThanOrEqual(64)
})

const nested = (depth: number, width: number, leaf: number): unknown =>
  depth === 0 ? leaf : Array.from({ length: width }, (_, i) => nested(depth - 1, width, leaf + i))
