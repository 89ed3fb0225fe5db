import { BlockList, isIP } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { cidrText, contains, narrowestFirst, overlap, parseCidr } from '../../contract/cidr.ts'

const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`)
const v6 = fc
  .tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }))
  .filter(([ip]) => isIP(ip) === 6)
  .map(([ip, bits]) => `${ip}/${bits}`)
const cidr = fc.oneof(v4, v6)

const blockOf = (text: string): BlockList => {
  const [address = '', bits] = text.split('/')
  const list = new BlockList()
  list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return list
}
const holds = (block: string, address: string): boolean =>
  isIP(address) === isIP(block.split('/')[0] ?? '') &&
  blockOf(block).check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

test('a range is written as one that means the same, and stays as it is then', () => {
  fc.assert(
    fc.property(cidr, (text) => {
      const written = cidrText(parseCidr(text))

      expect(isIP(written.split('/')[0] ?? '')).toBe(isIP(text.split('/')[0] ?? ''))
      expect(holds(written, text.split('/')[0] ?? '')).toBe(true)
      expect(cidrText(parseCidr(written))).toBe(written)
      expect(z.cidrv4().safeParse(written).success || z.cidrv6().safeParse(written).success).toBe(true)
    }),
  )
})

test('containment agrees with Node’s', () => {
  fc.assert(
    fc.property(cidr, cidr, (outer, inner) => {
      const [a, b] = [parseCidr(outer), parseCidr(inner)]
      const first = cidrText(b).split('/')[0] ?? ''

      expect(contains(a, b)).toBe(a.prefix <= b.prefix && holds(outer, first))
      expect(overlap(a, b)).toBe(contains(a, b) || contains(b, a))
      expect(contains(a, a)).toBe(true)
    }),
  )
})

test('narrowing keeps every address and says none twice', () => {
  fc.assert(
    fc.property(fc.array(cidr, { minLength: 1, maxLength: 8 }), (texts) => {
      const narrowed = narrowestFirst(texts)

      for (const text of texts)
        expect(narrowed.some((one) => contains(parseCidr(one), parseCidr(text)))).toBe(true)
      for (const [at, one] of narrowed.entries())
        for (const other of narrowed.slice(at + 1))
          expect(overlap(parseCidr(one), parseCidr(other))).toBe(false)
    }),
  )
})

test('the longest run of zeros is shortened, as RFC 5952 has it', () => {
  expect(cidrText(parseCidr('2001:0DB8:0:0:1:0:0:1/128'))).toBe('2001:db8::1:0:0:1/128')
  expect(cidrText(parseCidr('::/0'))).toBe('::/0')
  expect(cidrText(parseCidr('10::/16'))).toBe('10::/16')
  expect(cidrText(parseCidr('::ffff:10.0.0.1/128'))).toBe('::ffff:a00:1/128')
})
