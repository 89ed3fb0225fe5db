import { expect, test } from 'vitest'
import type { WorldDeclaration } from '../../local/aws/world.ts'
import { ORDERS, STATIONS } from '../../local/stations.ts'
import { declareWorld } from '../../local/world.ts'
import { openApiOver } from '../support/api.ts'
import { dependencies } from '../support/declared.ts'
import { openAccount } from '../support/experiment-account.ts'

const local = declareWorld({ kind: 'each', prefix: '127.9.0' }, ORDERS)
const withDemo = (declared: WorldDeclaration): WorldDeclaration => ({
  ...declared,
  vpcs: [...declared.vpcs, ...local.vpcs],
  subnets: [...declared.subnets, ...local.subnets],
  instanceTypes: [...declared.instanceTypes, ...local.instanceTypes],
  instances: [...declared.instances, ...local.instances],
  networkInterfaces: [...declared.networkInterfaces, ...local.networkInterfaces],
  securityGroupRules: local.securityGroupRules ?? [],
})

test('the demo’s plans say that its database is production’s, and that nobody knows whether the shadow reaches it', async () => {
  const account = await openAccount({}, withDemo)

  const { body } = await openApiOver(account.plane).send({
    method: 'POST',
    path: '/plans',
    body: {
      ...{ name: 'orders', source: { by: 'eni', ids: [ORDERS[0]?.networkInterface] } },
      ...{ traffic: { ports: [8080] }, shadow: { url: 'http://127.9.0.240:9000' } },
      ...{ dependencies, window: { durationSeconds: 3600 }, budgetUsd: 25 },
    },
  })

  expect(body.warnings).toContainEqual(
    expect.stringMatching(
      `No network interface of 127.9.0.240 is seen .*: whether the shadow reaches .*${STATIONS.database.networkInterface}.* is not known`,
    ),
  )
})
