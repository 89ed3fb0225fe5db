import { describe, expect, test } from 'vitest'
import { ExperimentSpec, type ExperimentSpecInput } from '../../../contract/experiment.ts'
import { filterRules } from '../../../functions/experiments/filter-rules.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'

const rulesOf = (traffic: Partial<ExperimentSpecInput['traffic']>, more: Partial<ExperimentSpecInput> = {}) =>
  filterRules(experimentSpec({ traffic: { ports: [80], ...traffic }, ...more }))

describe('requests', () => {
  test('are what reaches a service port from the clients', () => {
    expect(rulesOf({ ports: [80, 8080], clientCidrs: ['10.0.0.0/8'] })).toEqual([
      {
        number: 1,
        direction: 'ingress',
        action: 'accept',
        protocol: 6,
        sourceCidr: '10.0.0.0/8',
        destinationCidr: '0.0.0.0/0',
        sourcePorts: null,
        destinationPorts: { from: 80, to: 80 },
        meaning: 'what 10.0.0.0/8 sends to port 80',
      },
      expect.objectContaining({ number: 2, destinationPorts: { from: 8080, to: 8080 } }),
    ])
  })

  test('to ports that follow one another are one rule', () => {
    const rules = rulesOf({ ports: [8082, 8080, 8081, 9000, 8080] })

    expect(rules.map(({ destinationPorts, meaning }) => [destinationPorts, meaning])).toEqual([
      [{ from: 8080, to: 8082 }, 'what any IPv4 address sends to ports 8080-8082'],
      [{ from: 9000, to: 9000 }, 'what any IPv4 address sends to port 9000'],
    ])
  })

  test('are matched by the narrowest range first, each address once, in the family of its range', () => {
    const clientCidrs = ['10.0.0.0/8', '2001:db8::/32', '10.1.0.0/16', '192.168.7.9/24', '10.0.0.0/8']
    const rules = rulesOf({ clientCidrs })

    expect(rules.map(({ sourceCidr, destinationCidr }) => [sourceCidr, destinationCidr])).toEqual([
      ['192.168.7.0/24', '0.0.0.0/0'],
      ['10.0.0.0/8', '0.0.0.0/0'],
      ['2001:db8::/32', '::/0'],
    ])
  })

  test('to every port are one rule', () => {
    const { ports: _, ...everyPort } = { ports: [80], clientCidrs: ['10.0.0.0/8'] }
    const rules = filterRules(experimentSpec({ traffic: everyPort, accept: ['every-port'] }))

    expect(rules).toMatchObject([
      { destinationPorts: null, meaning: 'what 10.0.0.0/8 sends to every TCP port' },
    ])
  })
})

test('responses are what leaves a service port towards the clients', () => {
  const rules = rulesOf({ clientCidrs: ['10.0.0.0/8', '::/0'], directions: 'both' })

  expect(rules).toHaveLength(4)
  expect(rules[2]).toMatchObject({
    number: 1,
    direction: 'egress',
    sourceCidr: '0.0.0.0/0',
    destinationCidr: '10.0.0.0/8',
    sourcePorts: { from: 80, to: 80 },
    destinationPorts: null,
  })
  expect(rules[3]).toMatchObject({ number: 2, sourceCidr: '::/0', destinationCidr: '::/0' })
})

test('a load balancer is mirrored where it is the client of its targets', () => {
  const rules = rulesOf(
    { ports: [8080], directions: 'both' },
    { source: { by: 'load-balancer', names: ['front'] }, accept: ['undocumented-sources'] },
  )

  expect(rules).toMatchObject([
    { direction: 'egress', destinationPorts: { from: 8080, to: 8080 }, sourcePorts: null },
    { direction: 'ingress', sourcePorts: { from: 8080, to: 8080 }, destinationPorts: null },
  ])
})

describe('a spec', () => {
  const refusal = (change: object): string[] => {
    const parsed = ExperimentSpec.safeParse({ ...experimentSpec(), ...change })
    return parsed.success
      ? []
      : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  }
  const ports = (count: number) => Array.from({ length: count }, (_, n) => 8000 + 2 * n)

  test('has at most the ten rules of a mirror filter, counted as they are compiled', () => {
    const overlapping = ['10.0.0.0/8', '10.1.0.0/16', '10.2.0.0/16']

    expect(refusal({ traffic: { ports: ports(10) } })).toEqual([])
    expect(refusal({ traffic: { ports: ports(5), directions: 'both', clientCidrs: overlapping } })).toEqual(
      [],
    )
    expect(refusal({ traffic: { ports: ports(11) } })).toEqual([
      'traffic: ports × client ranges × directions must not exceed the 10 rules of a mirror filter',
    ])
    expect(refusal({ traffic: { ports: ports(6), directions: 'both' } })).toHaveLength(1)
  })

  test('mirrors every port only when it says so, and not together with named ones', () => {
    expect(refusal({ traffic: {} })).toEqual([
      'traffic.ports: name the service ports; to mirror every TCP port, accept every-port',
    ])
    expect(refusal({ accept: ['every-port'] })).toEqual([
      'accept: every-port is accepted, yet traffic.ports names some: leave one of them out',
    ])
    expect(refusal({ traffic: { clientCidrs: ['::/0'] }, accept: ['every-port'] })).toEqual([])
  })

  test('that contradicts itself is refused', () => {
    const eni = 'eni-0123456789abcdef0'
    const source = { by: 'eni', ids: [eni], exclude: { enis: [eni] } }
    const balancer = { by: 'load-balancer', names: ['front'] }

    expect(refusal({ source })).toEqual([`source.exclude: ${eni} is both named and excluded`])
    expect(refusal({ source: balancer, traffic: { ports: [80], clientCidrs: ['10.0.0.0/8'] } })).toEqual([
      expect.stringMatching(/^traffic\.clientCidrs: towards its targets a load balancer is the client/),
    ])
    expect(refusal({ traffic: { ports: [80], clientCidrs: ['10.0.0.0/33'] } })).toEqual([
      'traffic.clientCidrs.0: a range of addresses looks like 10.0.0.0/8 or 2001:db8::/32',
    ])
  })
})
