import { CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { describe, expect, it } from 'vitest'
import type { FlowLogDeclaration } from '../../../local/aws/world.ts'
import { PATIENT } from '../../support/api-account.ts'
import * as world from '../../support/aws-world.ts'
import type { Account } from '../../support/experiment-account.ts'
import { openPlanning } from '../../support/planning-account.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const GROUP = '/vpc/flow-logs'
const FEW_FIELDS = ['srcaddr', 'bytes'].map((name) => `\${${name}}`).join(' ')

const openWith = (flowLog: Partial<FlowLogDeclaration>) =>
  openPlanning({}, (declared) => ({
    ...declared,
    flowLogs: [
      { id: 'fl-0aaaaaaaaaaaaaaa1', resourceId: world.vpcId, ...flowLog },
      // Of a subnet with no source in it.
      { id: 'fl-0aaaaaaaaaaaaaaa2', resourceId: world.subnetV6, logGroup: '/others' },
    ],
  }))

/** Each of two instances: 1 MB/s in and 3 MB/s out, in the last five minutes that are over. */
const feed = ({ cloud, clock }: Account) => {
  const at = Math.floor(clock.now() / (5 * MINUTE)) * 5 * MINUTE - 5 * MINUTE
  for (const n of [1, 2])
    for (const [name, sum] of [
      ['NetworkIn', 300e6],
      ['NetworkOut', 900e6],
    ] as const)
      cloud.feedMetric({
        ...{ namespace: 'AWS/EC2', name, dimensions: [{ name: 'InstanceId', value: world.instance(n) }] },
        ...{ unit: 'Bytes', at, count: 1, sum, minimum: sum, maximum: sum },
      })
}

/** In the default format: from, to, ports, protocol, bytes, action. */
const record = (from: string, to: string, [p, q]: [number, number], bytes: number, action = 'ACCEPT') =>
  `2 111122223333 eni-1 ${from} ${to} ${p} ${q} 6 10 ${bytes} 1 2 ${action} OK`

const put = async ({ plane, clock }: Account, n: number, messages: string[], ago = HOUR - 6 * MINUTE) => {
  const stream = { logGroupName: GROUP, logStreamName: `${world.eni(n)}-all` }
  await plane.clients.logs.send(new CreateLogStreamCommand(stream))
  const logEvents = messages.map((message) => ({ timestamp: clock.now() - ago, message }))
  await plane.clients.logs.send(new PutLogEventsCommand({ ...stream, logEvents }))
}

const traffic = { ports: [8080], directions: 'both' }

describe('flow logs of the sources', PATIENT, () => {
  it('narrow the estimate to what the filter takes, and not the reserve', async () => {
    const { account, plan } = await openWith({ logGroup: GROUP })
    feed(account)
    await account.clock.advance(2 * MINUTE)
    const without = await plan({ traffic })
    await put(account, 1, [
      record('10.0.9.9', '10.0.1.1', [40_000, 8080], 200),
      record('10.0.9.9', '10.0.1.1', [40_000, 22], 700),
      record('10.0.9.9', '10.0.1.1', [40_000, 8080], 9_000, 'REJECT'),
      record('10.0.1.1', '10.0.9.9', [8080, 40_000], 300),
      '2 111122223333 eni-1 - - - - - - - 1 2 - NODATA',
    ])
    await put(account, 2, [
      record('10.0.9.9', '10.0.2.2', [40_000, 8080], 100),
      record('10.0.2.2', '10.0.8.8', [50_000, 443], 700),
    ])
    await account.clock.advance(11 * MINUTE)
    const known = await plan({ traffic })

    expect(without.inputs.map(({ unit }) => unit)).not.toContain('percent')
    expect(known.inputs.slice(4)).toEqual([
      {
        what: 'of what is received, on the mirrored ports',
        value: 30,
        unit: 'percent',
        from: expect.stringMatching(/^VPC flow logs in \/vpc\/flow-logs: 5 records of 2 of 2 network/),
      },
      expect.objectContaining({ what: 'of what is sent, from the mirrored ports', value: 30 }),
    ])
    expect(known.estimate.assumptions.join(' ')).toContain('of it the share that flow logs show')
    expect(known.estimate.highUsd).toBeLessThan(without.estimate.highUsd)
    expect(known.reserveUsd).toBe(without.reserveUsd)
    expect(known.gateways).toBe(without.gateways)
  })

  it.each<[string, Partial<FlowLogDeclaration>, RegExp]>([
    [
      'in a group that the deployment does not name',
      { logGroup: '/secret' },
      /\/secret could say .* \(flowLogGroups\)/,
    ],
    ['in a bucket', { bucket: 'flows' }, /goes to arn:aws:s3:::flows: only CloudWatch Logs is read/],
    ['of rejected packets', { logGroup: GROUP, trafficType: 'REJECT' }, /rejected packets only/],
    ['without ports', { logGroup: GROUP, format: FEW_FIELDS }, /does not record addresses, ports/],
  ])('%s are not read, and the plan says so', async (_, flowLog, why) => {
    const { account, plan } = await openWith(flowLog)
    feed(account)
    await account.clock.advance(2 * MINUTE)

    const made = await plan({ traffic })

    expect(made.startable).toBe(true)
    expect(made.estimate.assumptions.at(-1)).toMatch(why)
    expect(made.inputs).toHaveLength(4)
  })

  it('that cannot be read fail no plan', async () => {
    const { account, plan } = await openWith({ logGroup: GROUP })
    account.plane.clients.logs.config.endpoint = async () => ({
      ...{ protocol: 'http:', hostname: '127.0.0.1', port: 1, path: '/' },
    })

    const made = await plan()

    expect(made.startable).toBe(true)
    expect(made.estimate.assumptions.at(-1)).toMatch(/^Flow logs could not be read \(.+\): every port/)
  })
})
