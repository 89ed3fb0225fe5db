import { expect, test } from 'vitest'
import { readConfig } from '../../functions/config.ts'

const environment = {
  AWS_REGION: 'us-east-1',
  SHADOWMETER_DEPLOYMENT: 'shadowmeter/test',
  SHADOWMETER_TABLE: 'table',
  SHADOWMETER_CLUSTER: 'cluster',
  SHADOWMETER_SERVICE: 'gateway',
  SHADOWMETER_MIRROR_TARGET: 'tmt-0a000000000000001',
  SHADOWMETER_PARKING_FILTER: 'tmf-0a000000000000001',
  SHADOWMETER_TARGET_GROUP_ARN: 'arn:group',
  SHADOWMETER_LOAD_BALANCER_ARN: 'arn:balancer',
  SHADOWMETER_SCHEDULE_GROUP: 'group',
  SHADOWMETER_SCHEDULE_ROLE_ARN: 'arn:role',
  SHADOWMETER_CONTROL_FUNCTION_ARN: 'arn:function',
  SHADOWMETER_SHADOWS: '{"ranges":[{"cidr":"127.0.0.0/8"}],"hosts":[]}',
}

test('the environment tells everything, a tick a minute unless said otherwise', () => {
  expect(readConfig(environment)).toMatchObject({ deployment: 'shadowmeter/test', tickSeconds: 60 })
  expect(readConfig({ ...environment, SHADOWMETER_TICK_SECONDS: '5' }).tickSeconds).toBe(5)
})

test('gateway tasks are of the size that the deployment gives them, with its flow logs', () => {
  const read = readConfig({
    ...environment,
    SHADOWMETER_GATEWAY_VCPUS: '4',
    SHADOWMETER_GATEWAY_MEMORY_GB: '8',
    SHADOWMETER_FLOW_LOG_GROUPS: '/vpc/a,/vpc/b',
  })

  expect(read.gatewaySize).toEqual({ vcpus: 4, memoryGb: 8 })
  expect(read.flowLogGroups).toEqual(['/vpc/a', '/vpc/b'])
  expect(readConfig(environment)).toMatchObject({ gatewaySize: { vcpus: 1, memoryGb: 2 }, flowLogGroups: [] })
})

test('every variable that is missing or wrong is named', () => {
  const { SHADOWMETER_TABLE: _table, ...rest } = environment
  const wrong = { ...rest, SHADOWMETER_MIRROR_TARGET: 'target', SHADOWMETER_TICK_SECONDS: 'soon' }

  expect(() => readConfig(wrong)).toThrow(
    /SHADOWMETER_TABLE[\s\S]*SHADOWMETER_MIRROR_TARGET[\s\S]*SHADOWMETER_TICK_SECONDS/,
  )
})
