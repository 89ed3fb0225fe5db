import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readInputs, Settings } from '../../infra/inputs.ts'

const shadows = [{ cidr: '10.0.9.0/24', ports: [8080] }]
const right = { region: 'eu-west-1', shadows }
const problemsOf = (file: unknown, stage = 'staging'): string => {
  try {
    readInputs(file, stage)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

describe('deployment.json', () => {
  it('is right as it is shipped', () => {
    const shipped: unknown = JSON.parse(readFileSync('deployment.json', 'utf8'))

    expect(problemsOf(shipped, 'production')).toBe('')
  })

  it('is right as the documentation shows it', () => {
    const [, example = ''] = /```json\n(.*?)```/s.exec(readFileSync('docs/deploy.md', 'utf8')) ?? []

    expect(problemsOf(JSON.parse(example), 'production')).toBe('')
    expect(problemsOf(JSON.parse(example), 'staging')).toBe('')
  })

  it('is documented key by key, with the values that hold where nothing is said', () => {
    const docs = readFileSync('docs/deploy.md', 'utf8')
    const rows = new Map(
      [...docs.matchAll(/^\| `(\w+)` \| .* \| (.+) \|$/gm)].map(([, key, otherwise]) => [key, otherwise]),
    )

    const { gateway, gatewaysMax, evidenceDays, recordsDays, crossZone } = readInputs(right, 'staging')

    expect([...rows.keys()].toSorted()).toEqual(Object.keys(Settings.shape).toSorted())
    expect(Object.fromEntries(rows)).toMatchObject({
      gateway: `${gateway.vcpu} and ${gateway.memoryGb}`,
      gatewaysMax: `${gatewaysMax}`,
      evidenceDays: `${evidenceDays}`,
      recordsDays: `${recordsDays}`,
      crossZone: `\`${crossZone}\``,
    })
  })

  it('gives a new small network, no cross-zone traffic and no people where nothing is said', () => {
    const inputs = readInputs(right, 'staging')

    expect(inputs).toMatchObject({
      network: { cidr: '10.90.0.0/16', zones: 2 },
      crossZone: false,
      gateway: { vcpu: 1, memoryGb: 2 },
    })
    expect(inputs.people).toBeUndefined()
  })

  it('lets a stage’s own entry take the place of the common one, key by key', () => {
    const file = {
      ...right,
      crossZone: true,
      stages: { production: { region: 'eu-central-1' }, staging: {} },
    }

    const [production, staging] = [readInputs(file, 'production'), readInputs(file, 'staging')]

    expect([production.region, production.crossZone]).toEqual(['eu-central-1', true])
    expect([staging.region, staging.crossZone]).toEqual(['eu-west-1', true])
  })

  it.each([
    ['a key that does not exist', { ...right, subnets: [] }, 'Unrecognized key: "subnets"'],
    ['no shadow', { region: 'eu-west-1', shadows: [] }, 'shadows: names at least one range'],
    [
      'a shadow anywhere',
      { ...right, shadows: [{ cidr: '0.0.0.0/0', ports: [443] }] },
      '0.0.0.0/0 is everything',
    ],
    [
      'a Prometheus anywhere',
      { ...right, prometheus: [{ cidr: '0.0.0.0/0', ports: [443] }] },
      'prometheus: 0.0.0.0/0 is everything',
    ],
    [
      'a Prometheus at the metadata',
      { ...right, prometheus: [{ cidr: '169.254.0.0/16', ports: [80] }] },
      'prometheus: 169.254.0.0/16 is no range of your Prometheus servers',
    ],
    [
      'every log group',
      { ...right, flowLogGroups: ['*'] },
      'flowLogGroups.0: is the name of a log group like /vpc/flow-logs',
    ],
    [
      'a range that is none',
      { ...right, sourceCidrs: ['10.0.0.256/8'] },
      'is an IPv4 range like 10.0.0.0/16',
    ],
    ['a new VPC that AWS has not', { ...right, network: { cidr: '10.0.0.0/8' } }, 'is from /16'],
    ['a new VPC without room', { ...right, network: { cidr: '10.0.0.0/24' } }, 'is from /16'],
    ['a port that is none', { ...right, shadows: [{ cidr: '10.0.0.0/8', ports: [0] }] }, 'shadows.0.ports.0'],
    ['a Region that is none', { ...right, region: 'Frankfurt' }, 'region: is a Region like eu-west-1'],
    [
      'a size that Fargate has not',
      { ...right, gateway: { vcpu: 4, memoryGb: 2 } },
      'memoryGb is at least twice vcpu',
    ],
    ['a tag of ours', { ...right, tags: { deployment: 'x' } }, 'tags.deployment: is a tag that Shadowmeter'],
    [
      'an issuer without TLS',
      { ...right, people: { issuer: 'http://idp' } },
      'people.issuer: is an address that begins with https',
    ],
    ['a group with a space', { ...right, roles: { admin: ['a b'] } }, 'roles.admin.0: is a group’s name'],
    ['an ARN of something else', { ...right, roles: { admin: ['arn:aws:s3:::x'] } }, 'roles.admin.0'],
    [
      'people without roles',
      {
        ...right,
        people: {
          issuer: 'https://idp.test/',
          clientId: 'c',
          authorizationEndpoint: 'https://idp.test/a',
          tokenEndpoint: 'https://idp.test/t',
        },
      },
      'roles: says which groups',
    ],
    [
      'subnets without route tables',
      { ...right, network: { vpc: 'vpc-0123456789abcdef0', subnets: ['subnet-0123456789abcdef0'] } },
      'network.routeTables: names the subnets’ route tables',
    ],
    [
      'a subnet twice',
      {
        ...right,
        network: {
          vpc: 'vpc-0123456789abcdef0',
          subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef0'],
          endpointsPresent: ['dynamodb', 's3'],
        },
      },
      'network.subnets: names a subnet twice',
    ],
  ])('refuses %s and says what would be right', (_, file, words) => {
    expect(problemsOf(file)).toContain(words)
  })

  it('refuses a stage whose name would not fit into AWS’s names', () => {
    expect(problemsOf(right, 'Feature/Very-Long-Name-Of-A-Branch')).toContain('up to 20 small letters')
  })

  it('names every problem at once', () => {
    const message = problemsOf({ region: 'x', shadows: [], colour: 'red' })

    expect(message.split('\n- ')).toHaveLength(4)
  })
})
