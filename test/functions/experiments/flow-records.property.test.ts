import fc from 'fast-check'
import { expect, test } from 'vitest'
import { filterRules } from '../../../functions/experiments/filter-rules.ts'
import { addFlows, fieldsOf, NO_FLOWS } from '../../../functions/experiments/flow-records.ts'
import * as world from '../../support/aws-world.ts'

const ADDRESS = '10.0.1.1'
const NAMES = ['srcaddr', 'dstaddr', 'srcport', 'dstport', 'protocol', 'bytes', 'action', 'start', 'vpc-id']
const rules = filterRules({
  source: { by: 'eni', ids: [world.eni(1)] },
  traffic: { ports: [80, 8080], clientCidrs: ['10.0.0.0/8'], directions: 'both' },
})

const flow = fc.record({
  toUs: fc.boolean(),
  peer: fc.constantFrom('10.9.9.9', '192.168.1.1'),
  port: fc.constantFrom(80, 8080, 443),
  protocol: fc.constantFrom(6, 17),
  bytes: fc.nat(1_000_000),
  action: fc.constantFrom('ACCEPT', 'REJECT'),
})

test('records count alike in any order of their fields, by direction, port, protocol and peer', () => {
  fc.assert(
    fc.property(
      fc.array(flow, { maxLength: 20 }),
      fc.shuffledSubarray(NAMES, { minLength: NAMES.length }),
      (flows, names) => {
        const fields = fieldsOf(names.map((name) => `\${${name}}`).join(' '))
        const records = flows.map(({ toUs, peer, port, protocol, bytes, action }) => {
          const ours = { address: ADDRESS, port }
          const theirs = { address: peer, port: 50_000 }
          const [from, to] = toUs ? [theirs, ours] : [ours, theirs]
          const values: Record<string, unknown> = {
            ...{ srcaddr: from.address, srcport: from.port, dstaddr: to.address, dstport: to.port },
            ...{ protocol, bytes, action, start: 1, 'vpc-id': 'vpc-1' },
          }
          return names.map((name) => values[name]).join(' ')
        })
        const tally = addFlows(NO_FLOWS, records, { fields: fields ?? new Map(), address: ADDRESS, rules })

        const accepted = flows.filter(({ action }) => action === 'ACCEPT')
        const sum = (some: typeof flows) => some.reduce((total, { bytes }) => total + bytes, 0)
        const taken = ({ peer, port, protocol }: (typeof flows)[number]) =>
          peer === '10.9.9.9' && port !== 443 && protocol === 6
        const [received, sent] = [accepted.filter(({ toUs }) => toUs), accepted.filter(({ toUs }) => !toUs)]
        expect(tally).toEqual({
          ingress: { bytes: sum(received), taken: sum(received.filter(taken)) },
          egress: { bytes: sum(sent), taken: sum(sent.filter(taken)) },
          records: accepted.length,
        })
      },
    ),
    { numRuns: 50 },
  )
})

test('what is no record of the interface counts for nothing, whatever it is', () => {
  const fields = fieldsOf(NAMES.map((name) => `\${${name}}`).join(' ')) ?? new Map()
  fc.assert(
    fc.property(fc.array(fc.string()), (records) => {
      const tally = addFlows(NO_FLOWS, records, { fields, address: ADDRESS, rules })

      expect(tally).toEqual(NO_FLOWS)
    }),
    { numRuns: 50 },
  )
})
