import { describe, expect, test } from 'vitest'
import type { MirroredRule, MirroredSession } from '../../../local/aws/mirroring-snapshot.ts'
import { type Flow, TCP } from '../../../local/tap/flow.ts'
import { toNumber } from '../../../local/tap/ipv4.ts'
import { bySource, chooseSession } from '../../../local/tap/session-choice.ts'
import { mirroredSession } from '../../support/mirrored-session.ts'

const port = (number: number): MirroredRule => ({
  id: 'tmfr-00000000000000001',
  number: 1,
  action: 'accept',
  protocol: TCP,
  sourceCidr: '0.0.0.0/0',
  destinationCidr: '0.0.0.0/0',
  sourcePorts: null,
  destinationPorts: [number, number],
})

const flow: Flow = {
  protocol: TCP,
  source: toNumber('10.0.0.7'),
  destination: toNumber('10.0.1.10'),
  sourcePort: 40_000,
  destinationPort: 8080,
}

const chosen = (sessions: MirroredSession[], direction: 'ingress' | 'egress' = 'ingress') =>
  chooseSession(bySource(sessions).get('eni-00000000000000001') ?? [], direction, flow)?.id ?? null

describe('of the sessions of one interface', () => {
  test('the lowest number whose filter accepts the packet gets it', () => {
    const sessions = [
      mirroredSession({ id: 'tms-high', number: 32_766, ingress: [port(8080)] }),
      mirroredSession({ id: 'tms-low', number: 2, ingress: [port(8080)] }),
      mirroredSession({ id: 'tms-lowest-but-other', number: 1, ingress: [port(443)] }),
    ]

    expect(chosen(sessions)).toBe('tms-low')
  })

  test('each direction is asked for on its own', () => {
    const sessions = [
      mirroredSession({ id: 'tms-in', number: 1, ingress: [port(8080)] }),
      mirroredSession({ id: 'tms-out', number: 2, egress: [port(8080)] }),
    ]

    expect([chosen(sessions, 'ingress'), chosen(sessions, 'egress')]).toEqual(['tms-in', 'tms-out'])
  })

  test('one whose interface cannot be mirrored takes nothing', () => {
    const sessions = [
      mirroredSession({ id: 'tms-stopped', number: 1, active: false, ingress: [port(8080)] }),
      mirroredSession({ id: 'tms-running', number: 2, ingress: [port(8080)] }),
    ]

    expect(chosen(sessions)).toBe('tms-running')
  })

  test('those of other interfaces do not count', () => {
    const sessions = [mirroredSession({ networkInterfaceId: 'eni-00000000000000002', ingress: [port(8080)] })]

    expect(chosen(sessions)).toBeNull()
  })
})
