import { expect, test } from 'vitest'
import { filterRules } from '../../../functions/experiments/filter-rules.ts'

const traffic = { ports: [80, 8080], clientCidrs: ['10.0.0.0/8'], directions: 'requests' as const }

test('requests are what reaches a service port from the clients', () => {
  expect(filterRules(traffic)).toEqual([
    {
      number: 1,
      direction: 'ingress',
      action: 'accept',
      protocol: 6,
      sourceCidr: '10.0.0.0/8',
      destinationCidr: '0.0.0.0/0',
      sourcePort: null,
      destinationPort: 80,
      meaning: 'what 10.0.0.0/8 sends to port 80',
    },
    expect.objectContaining({ number: 2, destinationPort: 8080 }),
  ])
})

test('responses are what leaves a service port towards the clients', () => {
  const rules = filterRules({ ...traffic, directions: 'both' })

  expect(rules).toHaveLength(4)
  expect(rules[2]).toMatchObject({
    number: 1,
    direction: 'egress',
    sourceCidr: '0.0.0.0/0',
    destinationCidr: '10.0.0.0/8',
    sourcePort: 80,
    destinationPort: null,
  })
})
