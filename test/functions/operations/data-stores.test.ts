import { expect, test } from 'vitest'
import type { SecurityGroupRuleDeclaration, WorldDeclaration } from '../../../local/aws/world.ts'
import { openApiOver } from '../../support/api.ts'
import * as world from '../../support/aws-world.ts'
import { dependencies } from '../../support/declared.ts'
import { openAccount } from '../../support/experiment-account.ts'

const PATIENT = { timeout: 60_000 }

const [APP, SHADOW, DATABASE] = ['sg-0a0000000000000a1', 'sg-0a0000000000000a2', 'sg-0a0000000000000a3']
const group = (groupId: string) => ({ groupId })
const rule = (
  n: number,
  groupId: string,
  direction: 'ingress' | 'egress',
  peer: SecurityGroupRuleDeclaration['peer'],
  more: Partial<SecurityGroupRuleDeclaration> = {},
): SecurityGroupRuleDeclaration => ({
  id: `sgr-0a0000000000000${n}`,
  groupId,
  direction,
  protocol: 'tcp',
  ports: { from: 5432, to: 5432 },
  peer,
  ...more,
})
const everywhere = (n: number, groupId: string): SecurityGroupRuleDeclaration => ({
  id: `sgr-0a0000000000000${n}`,
  groupId,
  direction: 'egress',
  protocol: '-1',
  peer: { cidr: '0.0.0.0/0' },
})

const ADDRESS = '10.0.1.27'
/** Production may use its database, and both may connect to wherever they are let in. */
const USUAL = [rule(10, DATABASE, 'ingress', group(APP)), everywhere(11, APP), everywhere(12, SHADOW)]

/** What a plan warns of, in an account with these rules; the shadow is the interface 27. */
const warnings = async ({
  rules = USUAL,
  shadowGroups = [SHADOW],
  url = `http://${ADDRESS}:8080`,
  balancer = false,
}: {
  rules?: readonly SecurityGroupRuleDeclaration[]
  shadowGroups?: readonly string[]
  url?: string
  balancer?: boolean
}): Promise<string[]> => {
  const groups: Readonly<Record<string, readonly string[]>> = {
    [world.eni(1)]: [APP],
    [world.looseEni]: shadowGroups,
    [world.rdsEni]: [DATABASE],
  }
  const account = await openAccount({}, (declared) => ({
    ...declared,
    ...(balancer && behindBalancer(declared)),
    securityGroupRules: rules,
    networkInterfaces: declared.networkInterfaces.map((one) => ({
      ...one,
      ...(one.id === world.looseEni && { subnetId: world.subnetA, privateIp: ADDRESS }),
      ...(groups[one.id] && { groups: groups[one.id] }),
    })),
  }))
  const plan = await openApiOver(account.plane).send({
    method: 'POST',
    path: '/plans',
    body: {
      ...{ name: 'checkout', source: { by: 'eni', ids: [world.eni(1)] }, traffic: { ports: [8080] } },
      ...{ shadow: { url }, dependencies, window: { durationSeconds: 3600 }, budgetUsd: 25 },
    },
  })
  expect(plan.status).toBe(200)
  return (plan.body.warnings as string[]).filter(
    (text) => /data stores?\b/.test(text) || text.includes(world.rdsEni),
  )
}

/** The shadow’s address is that of the load balancer’s interface 22, and 27 is its target. */
const behindBalancer = ({ loadBalancers, targetGroups }: WorldDeclaration) => {
  const [arn, targetGroupArn] = ['loadbalancer/app/shop/1', 'targetgroup/shadow/1'].map(
    (name) => `arn:aws:elasticloadbalancing:us-east-1:111122223333:${name}`,
  ) as [string, string]
  const listener = { arn: `${arn}/l`, protocol: 'HTTP' as const, port: 80, targetGroupArn }
  const [known] = targetGroups
  return {
    loadBalancers: [
      ...loadBalancers,
      {
        ...{
          arn,
          name: 'shop',
          dnsName: 'shop.example',
          type: 'application' as const,
          scheme: 'internal' as const,
        },
        ...{ vpcId: world.vpcId, zones: [], listeners: [listener] },
      },
    ],
    targetGroups: [
      ...targetGroups,
      {
        ...known,
        ...{ arn: targetGroupArn, name: 'shadow', protocol: 'HTTP' as const, port: 8080, vpcId: world.vpcId },
        ...{ targetType: 'ip' as const, targets: [{ id: ADDRESS, port: 8080 }] },
      } as WorldDeclaration['targetGroups'][number],
    ],
  }
}

const STORE = `RDS’s ${world.rdsEni} at 10.0.1.21`
const NAMED = `The shadow (${world.looseEni} at ${ADDRESS}) may connect to ${STORE}, a data store that production reaches, on`
const ONLY_GROUPS = expect.stringMatching(/^Of the way to data stores only security groups were looked at/)

test.each<[string, Parameters<typeof warnings>[0], string]>([
  [
    'has production’s security group',
    { shadowGroups: [SHADOW, APP] },
    `${NAMED} TCP 5432: sgr-0a000000000000010 of ${DATABASE} lets in ${APP}, which it has.`,
  ],
  [
    'is in a range that is let in',
    {
      rules: [
        ...USUAL,
        rule(13, DATABASE, 'ingress', { cidr: '10.0.0.0/16' }, { ports: { from: 5000, to: 6000 } }),
      ],
    },
    `${NAMED} TCP 5000 to 6000: sgr-0a000000000000013 of ${DATABASE} lets in 10.0.0.0/16, where ${ADDRESS} is.`,
  ],
  [
    'may get an address that is let in',
    { rules: [...USUAL, rule(13, DATABASE, 'ingress', { cidr: '10.0.1.128/25' })] },
    `${NAMED} TCP 5432: sgr-0a000000000000013 of ${DATABASE} lets in 10.0.1.128/25, where another one in its subnet 10.0.1.0/24 may be.`,
  ],
])('a shadow that %s is warned of, with port and rule', PATIENT, async (_, account, expected) => {
  expect(await warnings(account)).toEqual([expected, ONLY_GROUPS])
})

test('a shadow behind a load balancer is judged by its targets', PATIENT, async () => {
  const found = await warnings({ balancer: true, url: 'http://10.0.1.22:80', shadowGroups: [APP] })

  expect(found[0]).toContain(`The shadow (${world.looseEni} at ${ADDRESS}) may connect to ${STORE}`)
})

test('a shadow that is nowhere to be seen is said to be unknown', PATIENT, async () => {
  expect(await warnings({ url: 'http://192.0.2.7:8080' })).toEqual([
    `No network interface of 192.0.2.7 is seen in this account and Region: whether the shadow reaches ${STORE} is not known.`,
  ])
})

test.each<[string, Parameters<typeof warnings>[0]]>([
  ['nothing lets it in', {}],
  [
    'its own group lets nothing out',
    { rules: [...USUAL.slice(0, 2), rule(13, DATABASE, 'ingress', group(SHADOW))] },
  ],
  [
    'what it is let out to is on other ports',
    {
      rules: [
        ...USUAL.slice(0, 2),
        rule(13, DATABASE, 'ingress', group(SHADOW)),
        rule(14, SHADOW, 'egress', { cidr: '0.0.0.0/0' }, { ports: { from: 443, to: 443 } }),
      ],
    },
  ],
  [
    'only UDP is let in',
    { rules: [...USUAL, rule(13, DATABASE, 'ingress', group(SHADOW), { protocol: 'udp' })] },
  ],
  [
    'production does not reach the store: it is its own',
    { rules: [rule(10, DATABASE, 'ingress', group(SHADOW)), everywhere(12, SHADOW)] },
  ],
])('there is no warning where %s', PATIENT, async (_, account) => {
  expect(await warnings(account)).toEqual([])
})
