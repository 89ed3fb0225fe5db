import { expect, test } from 'vitest'
import type { AllowedShadows } from '../../../contract/destination.ts'
import { prometheusProblems } from '../../../functions/experiments/shadow-problems.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { resourcesOf } from '../../support/resources.ts'

const problems = (url: string, allowed: AllowedShadows | null) => {
  const { figures, ...known } = resourcesOf(['cpu', 'database-operations'])
  const shadow = { from: 'prometheus', url, query: 'sum(rate(cpu[1m]))' } as const
  const resources = { ...known, figures: figures.map((figure) => ({ ...figure, shadow })) }
  return prometheusProblems(experimentSpec({ compare: { resources } }), allowed)
}
const ALLOWED = { ranges: [{ cidr: '203.0.113.0/24', ports: [443] }], hosts: [] }

test.each<[string, string, AllowedShadows | null, string | null]>([
  ['in a range that is allowed', 'https://203.0.113.9', ALLOWED, null],
  ['of a name, which is judged when it is asked', 'https://metrics.example.com/prom', ALLOWED, null],
  [
    'outside of the ranges',
    'https://198.51.100.9',
    ALLOWED,
    'it is in none of the ranges that the deployment allows',
  ],
  ['at another port', 'http://203.0.113.9:9090', ALLOWED, 'the deployment does not allow port 9090 there'],
  [
    'of a name at another port',
    'http://metrics.example.com',
    ALLOWED,
    'the deployment allows port 80 nowhere',
  ],
  [
    'at the metadata',
    'http://169.254.169.254',
    { ranges: [{ cidr: '0.0.0.0/0' }], hosts: [] },
    'link-local, metadata, multicast and reserved addresses are never a shadow',
  ],
  ['where none is allowed', 'https://203.0.113.9', null, 'the deployment allows none'],
])('a Prometheus %s', (_name, url, allowed, why) => {
  expect(problems(url, allowed)).toEqual(
    why === null ? [] : [`The Prometheus at ${url} is not allowed: ${why}.`],
  )
})
