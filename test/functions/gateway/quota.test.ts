import { expect, test } from 'vitest'
import { readFargateQuota } from '../../../functions/gateway/quota.ts'
import { openAccount } from '../../support/experiment-account.ts'

const PATIENT = { timeout: 30_000 }

test(
  'the account’s quota is read with what is in use, as the quota says that it is measured',
  PATIENT,
  async () => {
    const { cloud, clock, plane } = await openAccount({}, (declared) => ({ ...declared, fargateVcpus: 40 }))
    const unknown = await readFargateQuota(plane.clients, new Date(clock.now()))
    cloud.feedMetric({
      namespace: 'AWS/Usage',
      name: 'ResourceCount',
      dimensions: [
        { name: 'Class', value: 'Standard/OnDemand' },
        { name: 'Resource', value: 'vCPU' },
        { name: 'Service', value: 'Fargate' },
        { name: 'Type', value: 'Resource' },
      ],
      unit: 'None',
      at: clock.now() - 5 * 60_000,
      count: 1,
      sum: 33,
      minimum: 33,
      maximum: 33,
    })
    const known = await readFargateQuota(plane.clients, new Date(clock.now()))

    expect(unknown).toEqual({ vcpus: 40, used: null, unread: null })
    expect(known).toEqual({ vcpus: 40, used: 33, unread: null })
  },
)

test('where it cannot be read, AWS’s default is taken, and why', PATIENT, async () => {
  const { clock, plane } = await openAccount()
  plane.clients.serviceQuotas.config.endpoint = async () => ({
    protocol: 'http:',
    hostname: '127.0.0.1',
    port: 1,
    path: '/',
  })

  const read = await readFargateQuota(plane.clients, new Date(clock.now()))

  expect(read).toEqual({ vcpus: 6, used: null, unread: expect.stringMatching(/./) })
})
