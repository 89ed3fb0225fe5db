import { expect, test } from 'vitest'
import type { GatewayReport } from '../../../contract/gateway-report.ts'
import { introduceTasks } from '../../../functions/reconcile/introduce.ts'
import { readGatewayTasks } from '../../../functions/store/gateway-tasks.ts'
import { openTestTable } from '../../support/table.ts'

const table = await openTestTable()

const running = (task: string, address: string) => ({
  ...{ task, address, availabilityZone: 'us-east-1a', startedAt: '2026-11-21T14:00:00.000Z' },
})
const report = (task: string, minute: number, neighbourPort?: number): GatewayReport => ({
  ...{ task, version: '', startedAt: '2026-11-21T14:00:00.000Z', at: `2026-11-21T14:0${minute}:00.000Z` },
  ...{ revision: 1, draining: false, datagrams: {}, experiments: {} },
  ...(neighbourPort !== undefined && { neighbourPort }),
})

test('gateway tasks are told of those that run and say where they are asked, and of nobody when one is left', async () => {
  const [one, other] = [running('b', '10.0.0.2'), running('a', '10.0.0.1')]
  const told = async (tasks: Parameters<typeof introduceTasks>[1], reports: readonly GatewayReport[]) => {
    await introduceTasks(table, tasks, reports)
    return readGatewayTasks(table)
  }

  const alone = await told([one], [report('b', 1, 8081)])
  const silent = await told([one, other], [report('b', 1, 8081), report('a', 1)])
  const both = await told(
    [one, other],
    [report('a', 2, 9001), report('b', 1, 8081), report('a', 1, 9000), report('gone', 1, 8081)],
  )
  const gone = await told([], [])

  expect([alone, silent, gone]).toEqual([[], [], []])
  expect(both).toEqual([
    { task: 'a', address: '10.0.0.1', port: 9001 },
    { task: 'b', address: '10.0.0.2', port: 8081 },
  ])
})
