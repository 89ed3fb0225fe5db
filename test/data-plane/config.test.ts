import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { redacted } from '../../contract/redaction.ts'
import { everything } from '../../contract/selection.ts'
import { ConfigError, taskConfig } from '../../data-plane/config.ts'
import { standaloneOptions } from '../../data-plane/standalone/options.ts'
import { ecsTaskName } from '../../data-plane/task-name.ts'

const environment = {
  SHADOWMETER_TABLE: 'shadowmeter',
  AWS_REGION: 'eu-west-1',
  SHADOWMETER_TASK: 't-1',
  SHADOWMETER_SHADOWS: '{"ranges":[{"cidr":"10.90.0.0/16","ports":[8080]}],"hosts":[]}',
}

describe('the environment of a task', () => {
  test('has defaults for all but table, region, name and where requests may go', () => {
    expect(taskConfig(environment)).toEqual({
      table: 'shadowmeter',
      deployment: 'shadowmeter',
      allowed: { ranges: [{ cidr: '10.90.0.0/16', ports: [8080] }], hosts: [] },
      listen: { host: '0.0.0.0', port: 4789 },
      recordsBucket: null,
      listenGeneve: null,
      neighbours: null,
      health: { host: '0.0.0.0', port: 8080 },
      task: { name: 't-1' },
      reportSeconds: 60,
      stopSeconds: 25,
      workers: 1,
    })
  })

  test('reports often to a local control plane, and as often as it is told', () => {
    const local = { ...environment, AWS_ENDPOINT_URL: 'http://127.0.0.1:4701' }

    expect(taskConfig(local).reportSeconds).toBe(2)
    expect(taskConfig({ ...local, SHADOWMETER_REPORT_SECONDS: '5' }).reportSeconds).toBe(5)
  })

  test('on ECS the task is named by its metadata', async () => {
    const { SHADOWMETER_TASK: _, ...rest } = environment
    const uri = 'http://169.254.170.2/v4/abc'
    expect(taskConfig({ ...rest, ECS_CONTAINER_METADATA_URI_V4: uri }).task).toEqual({ metadataUri: uri })

    const server = createServer((request, response) => {
      response.writeHead(request.url === '/v4/abc/task' ? 200 : 404)
      response.end(
        JSON.stringify({ TaskARN: 'arn:aws:ecs:eu-west-1:123456789012:task/shadowmeter/0f9de17a6465' }),
      )
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo

    await expect(ecsTaskName(`http://127.0.0.1:${port}/v4/abc`)).resolves.toBe('0f9de17a6465')
    await expect(ecsTaskName(`http://127.0.0.1:${port}/v3`)).rejects.toThrow('answered 404')
    server.close()
    server.closeAllConnections()
  })

  test.each([
    [{ SHADOWMETER_TABLE: undefined }, /SHADOWMETER_TABLE: names the control plane/],
    [{ AWS_REGION: undefined }, /AWS_REGION: names the AWS region/],
    [{ SHADOWMETER_SHADOWS: undefined }, /SHADOWMETER_SHADOWS: says where requests may go/],
    [{ SHADOWMETER_SHADOWS: '10.0.0.0/8' }, /SHADOWMETER_SHADOWS: is not a list of ranges/],
    [{ SHADOWMETER_TASK: undefined }, /SHADOWMETER_TASK: names this task/],
    [
      { SHADOWMETER_LISTEN: 'localhost' },
      /SHADOWMETER_LISTEN: 'localhost' is not an IPv4 address with a port/,
    ],
    [{ SHADOWMETER_LISTEN_GENEVE: '6081' }, /SHADOWMETER_LISTEN_GENEVE: '6081' is not an IPv4 address/],
    [{ SHADOWMETER_HEALTH: '1.2.3.4:70000' }, /SHADOWMETER_HEALTH/],
    [{ SHADOWMETER_STOP_SECONDS: '200' }, /SHADOWMETER_STOP_SECONDS: must be from 0 to 120/],
    [{ SHADOWMETER_WORKERS: 'two' }, /SHADOWMETER_WORKERS: must be a number from 1 to 64/],
  ])('%j is refused with what is right', (wrong, message) => {
    const config = () => taskConfig({ ...environment, ...wrong })

    expect(config).toThrow(ConfigError)
    expect(config).toThrow(message)
  })
})

test('options of a gateway on its own', () => {
  expect(standaloneOptions(['--shadow', 'http://127.0.0.1:9000/base/'], {})).toEqual({
    listen: { host: '0.0.0.0', port: 4789 },
    listenGeneve: null,
    ports: null,
    record: null,
    shadows: {
      distribution: 'copy',
      list: [
        { target: { url: 'http://127.0.0.1:9000/base/', name: 'shadow' }, credentials: null, minted: [] },
      ],
    },
    vnis: null,
    redaction: redacted(),
    rules: { percent: 100, writes: 'forward', select: everything(), sharedBy: 1 },
    health: null,
    workers: 1,
  })
  expect(
    standaloneOptions(
      [
        ...['--listen', '127.0.0.1:4789', '--port', '80', '--port', '8080', '--vni', '7', '--percent', '0.5'],
        ...[
          '--writes',
          'hold',
          '--health',
          '127.0.0.1:0',
          '--workers',
          '2',
          '--shadow',
          'https://shadow.example',
        ],
      ],
      {},
    ),
  ).toMatchObject({ ports: [80, 8080], vnis: [7], rules: { percent: 0.5, writes: 'hold' }, workers: 2 })
})
