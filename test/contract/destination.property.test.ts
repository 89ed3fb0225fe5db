import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AllowedShadows, destinationRefusal, hostRefusal } from '../../contract/destination.ts'

const anywhere: AllowedShadows = { ranges: [{ cidr: '0.0.0.0/0' }, { cidr: '::/0' }], hosts: [] }
const shadows: AllowedShadows = { ranges: [{ cidr: '10.90.0.0/16', ports: [8080] }], hosts: [] }
const byte = fc.integer({ min: 0, max: 255 })
const v4 = (...first: number[]) =>
  fc.tuple(byte, byte, byte, byte).map((bytes) => [...first, ...bytes].slice(0, 4).join('.'))

/** The forms in which an IPv4 address can be written into an IPv6 one. */
const written = (address: string): string[] => {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  const hex = (high: number, low: number) => ((high << 8) | low).toString(16)
  return [
    address,
    `::ffff:${address}`,
    `::ffff:${hex(a, b)}:${hex(c, d)}`,
    `64:ff9b::${address}`,
    `2002:${hex(a, b)}:${hex(c, d)}::1`,
  ]
}

test('link-local, multicast and reserved addresses are refused in every writing, whatever is allowed', () => {
  fc.assert(
    fc.property(fc.oneof(v4(169, 254), v4(0), v4(224), v4(240), v4(255)), (address) => {
      for (const text of written(address))
        for (const allowed of [anywhere, null])
          expect(destinationRefusal(text, 80, allowed, [])).toContain('never a shadow')
    }),
  )
})

test.each([
  '169.254.169.254',
  '169.254.170.2',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fe80::1',
  'fe80::1%eth0',
  '::',
  'ff02::1',
])('%s is never a shadow', (address) => {
  expect(destinationRefusal(address, 80, anywhere, [])).toContain('never a shadow')
  expect(destinationRefusal(address, 80, null, [])).toContain('never a shadow')
})

test('an address of production is refused at every port and in every writing', () => {
  fc.assert(
    fc.property(v4(10), fc.integer({ min: 1, max: 65_535 }), (address, port) => {
      for (const text of written(address))
        expect(destinationRefusal(text, port, anywhere, [{ address, ports: [443] }])).toContain('production')
    }),
  )
})

test('only addresses and ports of the deployment’s ranges are allowed', () => {
  fc.assert(
    fc.property(v4(10), fc.integer({ min: 1, max: 65_535 }), (address, port) => {
      const isAllowed = destinationRefusal(address, port, shadows, []) === null
      expect(isAllowed).toBe(address.startsWith('10.90.') && port === 8080)
    }),
  )
  expect(destinationRefusal('::ffff:10.90.1.2', 8080, shadows, [])).toBeNull()
  expect(destinationRefusal('no address', 8080, shadows, [])).not.toBeNull()
})

test('on one machine production and shadow share an address and differ in their ports', () => {
  const production = [{ address: '127.0.0.1', ports: [8080] }]
  const local: AllowedShadows = { ranges: [{ cidr: '127.0.0.0/8' }, { cidr: '::1/128' }], hosts: [] }

  expect(destinationRefusal('127.0.0.1', 9000, local, production)).toBeNull()
  expect(destinationRefusal('::1', 9000, local, production)).toBeNull()
  expect(destinationRefusal('127.0.0.1', 8080, local, production)).toContain('production')
  expect(destinationRefusal('10.0.0.1', 9000, local, production)).toContain('none of the ranges')
})

describe('a name', () => {
  const named = { ...shadows, hosts: ['*.shadow.internal', 'checkout.test'] }

  test.each(['a.shadow.internal', 'A.B.Shadow.Internal.', 'checkout.test'])('%s is on the list', (host) => {
    expect(hostRefusal(host, 8080, named)).toBeNull()
  })
  test.each(['shadow.internal', 'ashadow.internal', 'a.shadow.internal.evil.test', 'x.checkout.test'])(
    '%s is not',
    (host) => {
      expect(hostRefusal(host, 8080, named)).toContain('*.shadow.internal')
    },
  )
  test('may be any where the deployment lists none, on a port that some range has', () => {
    expect(hostRefusal('anything.test', 8080, shadows)).toBeNull()
    expect(hostRefusal('anything.test', 22, shadows)).toContain('port 22 nowhere')
  })
})
