import { CostExplorerClient } from '@aws-sdk/client-cost-explorer'
import { describe, expect, it } from 'vitest'
import { openApiOver } from '../../support/api.ts'
import { loadBalancerArn } from '../../support/aws-world.ts'
import { type Account, begin, openAccount, pass, read } from '../../support/experiment-account.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'

const PATIENT = { timeout: 60_000 }
const DAY_MS = 86_400_000
const LOAD_BALANCER = loadBalancerArn.split('loadbalancer/')[1] ?? ''

const count = ({ cloud }: Account, sum: number) =>
  cloud.feedMetric({
    namespace: 'AWS/NetworkELB',
    name: 'ProcessedBytes_UDP',
    dimensions: [{ name: 'LoadBalancer', value: LOAD_BALANCER }],
    unit: 'Bytes',
    count: 1,
    sum,
    minimum: sum,
    maximum: sum,
  })

/** A minute of mirroring, in which the load balancer counts so much for each byte that gateways count. */
const live = async (account: Account, factor: number) => {
  const id = await begin(account, experimentSpec({ window: { durationSeconds: 60 } }))
  for (let ticks = 0; ticks < 30; ticks++) {
    const before = (await read(account.plane, id)).experiment.volume
    await pass(account)
    const { volume, phase } = (await read(account.plane, id)).experiment
    const sum = factor * (volume.bytes - before.bytes + 50 * (volume.packets - before.packets))
    count(account, sum)
    if (phase === 'ended') break
  }
  return id
}
const reconciled = async (account: Account, id: string) =>
  (await openApiOver(account.plane).send({ path: `/experiments/${id}/reconciliation` })).body

describe('the reconciliation', PATIENT, () => {
  it('finds load balancer and gateways in agreement when nothing is lost between them', async () => {
    const account = await openAccount()
    const id = await live(account, 1)

    const { metered, processed, billed, notes } = await reconciled(account, id)

    expect(metered.bytes).toBeGreaterThan(0)
    expect(processed).toMatchObject({
      basis: 'metered',
      bytes: metered.bytes,
      shared: false,
      missingBytes: 0,
      says: 'The load balancer and the gateways agree.',
    })
    expect(billed).toBeNull()
    expect(notes).toEqual(['AWS’s bill is asked for a day after the end: Cost Explorer is about so late.'])
  })

  it('compares nothing while the last bytes are not reported yet', async () => {
    const account = await openAccount()
    const id = await begin(account, experimentSpec({ window: { durationSeconds: 600 } }))
    for (let ticks = 0; ticks < 8; ticks++) await pass(account)
    count(account, 1_000_000)

    const { processed } = await reconciled(account, id)

    expect(processed).toMatchObject({ bytes: 1_000_000, missingBytes: null, missingUsd: null })
    expect(processed.says).toMatch(/^It is not over/)
  })

  it('says what reached no gateway, and what AWS bills for it', async () => {
    const account = await openAccount()
    const id = await live(account, 2)

    const { metered, processed } = await reconciled(account, id)

    expect(processed.missingBytes).toBe(metered.bytes)
    expect(processed.says).toMatch(
      /^50\.0 % of what the load balancer processed reached no gateway: AWS bills \$/,
    )
  })

  it('compares with AWS’s bill a day later, and asks for that no more once it is final', async () => {
    const account = await openAccount()
    const id = await live(account, 1)
    await account.clock.advance(2 * DAY_MS)
    const early = await reconciled(account, id)
    await account.clock.advance(3 * DAY_MS)
    const late = await reconciled(account, id)
    await reconciled(account, id)
    const response = await fetch(`${account.cloud.address}/-/calls?service=ce`)
    const { calls } = (await response.json()) as { calls: unknown[] }

    expect(early.billed).toMatchObject({
      basis: 'billed',
      totalUsd: 0.03,
      lines: [{ usageType: 'ENI-Mirror', usd: 0.03 }],
      final: false,
      says: 'AWS billed the mirror sessions as the ledger has them.',
    })
    expect(late.billed).toMatchObject({ totalUsd: 0.03, final: true })
    expect(calls).toHaveLength(2)
  })

  it('says why there is no bill when Cost Explorer cannot be read', async () => {
    const account = await openAccount()
    const id = await live(account, 1)
    await account.clock.advance(2 * DAY_MS)
    account.plane.clients.costExplorer.destroy()
    const costExplorer = new CostExplorerClient({
      region: 'us-east-1',
      endpoint: 'http://127.0.0.1:1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    })
    const away = {
      ...account,
      plane: { ...account.plane, clients: { ...account.plane.clients, costExplorer } },
    }

    const { billed, notes } = await reconciled(away, id)

    expect(billed).toBeNull()
    expect(notes.join()).toMatch(/^Cost Explorer could not be read: .*ECONNREFUSED/)
  })
})
