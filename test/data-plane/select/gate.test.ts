import { describe, expect, test } from 'vitest'
import { type Admission, Gate } from '../../../data-plane/select/gate.ts'
import { addressNumber } from '../../../data-plane/source/datagram-source.ts'
import { emit } from '../../../data-plane/wire/vxlan.ts'

const ENI = addressNumber('10.0.1.9') as number
const NOW = 1_795_000_000_000

const datagram = (vni: number, length = 60): Buffer => {
  const bytes = Buffer.alloc(length)
  emit(bytes, 0, vni)
  return bytes
}

const admission = (given: Partial<Admission<string>> = {}): Admission<string> => ({
  target: 'experiment',
  address: ENI,
  until: NOW + 1_000,
  volume: { packets: 0, bytes: 0 },
  ...given,
})

describe('the gate', () => {
  test.each([
    ['accepted', datagram(42), ENI, NOW],
    ['too_short', Buffer.from([8, 0, 0, 0]), ENI, NOW],
    ['too_short', Buffer.alloc(0), ENI, NOW],
    ['not_vxlan', Buffer.alloc(60), ENI, NOW],
    ['unknown_vni', datagram(43), ENI, NOW],
    ['wrong_source', datagram(42), ENI + 1, NOW],
    ['ended', datagram(42), ENI, NOW + 1_000],
  ] as const)('counts a datagram as %s', (outcome, bytes, source, at) => {
    const gate = new Gate<string>()
    gate.admitOnly(new Map([[42, admission()]]))

    const admitted = gate.admit(Buffer.from(bytes), 0, bytes.length, source, at)

    expect(admitted?.target ?? null).toBe(outcome === 'accepted' ? 'experiment' : null)
    expect(gate.counters[outcome]).toBe(1)
    expect(Object.values(gate.counters).reduce((a, b) => a + b)).toBe(1)
  })

  test('counts packets and inner bytes of what it accepts, read in place', () => {
    const gate = new Gate<string>()
    const one = admission()
    gate.admitOnly(new Map([[42, one]]))
    const buffer = Buffer.concat([Buffer.alloc(7), datagram(42, 108)])

    gate.admit(buffer, 7, 108, ENI, NOW)
    gate.admit(buffer, 7, 108, ENI, NOW)

    expect(one.volume).toEqual({ packets: 2, bytes: 200 })
  })

  test('without addresses and VNIs admits everything that is VXLAN', () => {
    const gate = new Gate<string>()
    gate.admitOnly(new Map(), admission({ address: null, until: Number.POSITIVE_INFINITY }))

    const admitted = [0, 7, 0xffffff].map((vni) => gate.admit(datagram(vni), 0, 60, 1, NOW))

    expect(admitted.every((each) => each !== null)).toBe(true)
  })

  test('closes for VNIs that are no longer listed', () => {
    const gate = new Gate<string>()
    gate.admitOnly(new Map([[42, admission()]]))
    gate.admitOnly(new Map())

    gate.admit(datagram(42), 0, 60, ENI, NOW)

    expect(gate.counters).toMatchObject({ accepted: 0, unknown_vni: 1 })
  })
})
