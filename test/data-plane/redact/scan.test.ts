import { expect, test } from 'vitest'
import { type Found, scan } from '../../../data-plane/redact/scan.ts'

/** As long as what is looked at as bytes at a time, and around it. */
const STRETCH = 4096
const PLANTED: Record<string, string> = {
  email: 'ann@shop.example',
  phone: '+491701234567',
  card: '4111111111111111',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
}

const foundIn = (text: string): Found[] => {
  const all: Found[] = []
  scan(text, new Set(), (found) => all.push(found))
  return all
}

test.each(Object.entries(PLANTED))('a %s is found wherever it stands in a long text', (kind, planted) => {
  const edges = [0, STRETCH, 2 * STRETCH]
  const places = edges
    .flatMap((edge) => Array.from({ length: 80 }, (_, i) => edge + i - 60))
    .filter((at) => at >= 0)

  for (const at of places) {
    const text = `${filler(at)}${planted} ${filler(5000)}`
    expect(foundIn(text), `at ${at}`).toEqual([{ kind, start: at, end: at + planted.length }])
  }
})

test('a long text that ends with the beginning of something holds nothing', () => {
  for (const beginning of ['@', ':', '+', '4', 'e', 'a@', '-'])
    for (const length of [STRETCH - 1, STRETCH, STRETCH + 1])
      expect(foundIn(filler(length - beginning.length) + beginning)).toEqual([])
})

test('what is found while something else is looked through does not disturb it', () => {
  const text = Object.values(PLANTED)
    .map((planted) => `${filler(1500)}${planted} `)
    .join('')
  const kinds: string[] = []

  scan(text, new Set(), ({ kind }) => {
    kinds.push(kind)
    expect(foundIn(`${filler(6000)}ann@shop.example ${filler(100)}`)).toHaveLength(1)
  })

  expect(kinds).toEqual(Object.keys(PLANTED))
})

/** Words that nothing is in, and a space at the end. */
const filler = (length: number): string =>
  length === 0 ? '' : 'plain words '.repeat(Math.ceil(length / 12)).slice(-length)
