import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSealed, Sealing, unsealed } from '../../../data-plane/record/sealed-file.ts'
import { recordKey } from '../../../data-plane/standalone/option-values.ts'

const KEY = randomBytes(32)
const sealed = (pieces: readonly Uint8Array[], key = KEY): { file: Buffer; ends: number[] } => {
  const sealing = new Sealing(key)
  const parts = [sealing.head, ...pieces.map((piece) => sealing.piece(piece))]
  const ends = parts.map((_, n) => parts.slice(0, n + 1).reduce((sum, { length }) => sum + length, 0))
  return { file: Buffer.concat(parts), ends }
}
const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 })

test('what was sealed is opened with its key; a file that was cut, up to its last whole piece', () => {
  fc.assert(
    fc.property(pieces, fc.nat(2_000), (given, cutAt) => {
      const { file, ends } = sealed(given)
      const [head = 0] = ends
      const at = Math.min(file.length, head + cutAt)
      const whole = ends.filter((end) => end <= at).length - 1

      expect(isSealed(file)).toBe(true)
      expect(unsealed(file, KEY)).toEqual({ bytes: Buffer.concat(given), cut: null })
      expect(unsealed(file.subarray(0, at), KEY)).toEqual({
        bytes: Buffer.concat(given.slice(0, whole)),
        cut: ends.includes(at) ? null : `cut in piece ${whole + 1}`,
      })
    }),
    { numRuns: 50 },
  )
})

const [ONE, TWO] = [Buffer.from('one exchange\n'), Buffer.from('two exchange\n')]
const flipped = (file: Buffer, at: number): Buffer => {
  const copy = Buffer.from(file)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
const swapped = (): Buffer => {
  const { file, ends } = sealed([ONE, TWO])
  const [head, first] = ends as [number, number]
  return Buffer.concat([file.subarray(0, head), file.subarray(first), file.subarray(head, first)])
}

test.each([
  ['another key', sealed([ONE], randomBytes(32)).file, KEY, 'is encrypted with another key'],
  ['no key', sealed([ONE]).file, null, 'is encrypted: name the file with its key'],
  [
    'a changed byte',
    flipped(sealed([ONE, TWO]).file, sealed([ONE, TWO]).file.length - 20),
    KEY,
    'in its piece 2',
  ],
  ['another salt', flipped(sealed([ONE]).file, 40), KEY, 'is encrypted with another key, or was changed'],
  ['pieces in another order', swapped(), KEY, 'or was changed'],
])('with %s it says so', (_, file, key, message) => {
  expect(() => unsealed(file, key)).toThrow(message)
})

test('a key is 32 bytes in base64 or hexadecimal, out of the environment where no file is named', () => {
  const key = (text: string) => recordKey({}, { SHADOWMETER_RECORD_KEY: text })

  expect(key(` ${KEY.toString('base64')}\n`)).toEqual(KEY)
  expect(key(KEY.toString('hex'))).toEqual(KEY)
  expect(recordKey({}, {})).toBe(null)
  expect(() => key('short')).toThrow('SHADOWMETER_RECORD_KEY: is 32 bytes in base64 or hexadecimal')
  expect(() => recordKey({ 'record-key': '/not/there' }, {})).toThrow('--record-key /not/there: ENOENT')
})
