import { expect, test } from 'vitest'
import { TASK_CAPACITY, UNKNOWN_PEAK } from '../../../functions/experiments/gateway-size.ts'
import { type Ground, readiness } from '../../../functions/experiments/readiness.ts'

const zones = ['us-east-1a', 'us-east-1b']
const ground: Ground = {
  listening: true,
  crossZone: true,
  nodeZones: zones,
  taskZones: zones,
  freeAddresses: 100,
  fargate: { vcpus: 6, used: 0, unread: null },
  runningTasks: 0,
  tasksMax: 10,
  taskCapacity: TASK_CAPACITY,
  others: { sources: 0, ...UNKNOWN_PEAK },
  sessions: 0,
  filters: 0,
}
const need = {
  zones,
  sessions: 40,
  gateways: 2,
  vcpus: 1,
  peak: { ...UNKNOWN_PEAK, peakBytesPerSecond: 1e6 },
}

test('nothing is in the way where everything is set up', () => {
  expect(readiness(ground, need)).toEqual({ problems: [], warnings: [] })
})

test.each<[string, Partial<Ground>, RegExp]>([
  ['a listener', { listening: false }, /no UDP listener on port 4789/],
  [
    'addresses for the tasks to start',
    { freeAddresses: 1 },
    /2 gateway tasks have to start.* 1 free addresses/,
  ],
  [
    'vCPUs of Fargate for the tasks to start',
    { fargate: { vcpus: 6, used: 5, unread: null } },
    /2 gateway tasks have to start, of 1 vCPU each; the account’s quota of Fargate On-Demand vCPUs is 6, 5 of them in use\. .*L-3032A538/,
  ],
  ['room for its sessions', { sessions: 9961 }, /9961 mirror sessions: 40 more would pass AWS’s 10000/],
  [
    'gateways for what all experiments send at their peak',
    { others: { ...UNKNOWN_PEAK, sources: 4, peakBytesPerSecond: 300e6 } },
    /to take 301 MB a second at the peak, other experiments at the same time included\. They can take 226 MB: 10 tasks at most, 25 MB each, the busiest 1\.11 times their mean/,
  ],
  [
    'gateways for the packets of all, however small they are',
    { others: { sources: 4, peakBytesPerSecond: 40e6, peakPacketsPerSecond: 300_000 } },
    /to take 300,000 packets a second at the peak, .* They can take 271,\d+: 10 tasks at most, 30,000 each/,
  ],
  [
    'gateways for the sources of all experiments',
    { others: { ...UNKNOWN_PEAK, sources: 200 } },
    /240 network interfaces need 12 gateway tasks, other experiments at the same time included, and at most 10 may run/,
  ],
  ['room for its filter', { filters: 10_000 }, /10000 mirror filters/],
  [
    'a node in each zone of a source',
    { crossZone: false, nodeZones: ['us-east-1a'] },
    /no node in us-east-1b, and cross-zone balancing is off/,
  ],
  [
    'a place for tasks in each zone of a source',
    { crossZone: false, taskZones: ['us-east-1b'] },
    /no subnet in us-east-1a, and cross-zone balancing is off/,
  ],
])('it needs %s', (_, lack, why) => {
  const { problems } = readiness({ ...ground, ...lack }, need)

  expect(problems).toEqual([expect.stringMatching(why)])
})

test('AWS’s default quota, where the account’s own cannot be read, warns and does not refuse', () => {
  const fargate = { vcpus: 6, used: null, unread: 'AccessDeniedException' }
  const fits = readiness({ ...ground, fargate }, need)
  const beyond = readiness({ ...ground, fargate }, { ...need, gateways: 7 })

  expect(fits).toEqual({ problems: [], warnings: [] })
  expect(beyond).toEqual({
    problems: [],
    warnings: [
      expect.stringMatching(/AWS’s default .* is 6 \(.* could not be read: AccessDeniedException\)/),
    ],
  })
})

test('a quota without room for a set that takes over is warned of, other users of it counted', () => {
  const at = (vcpus: number, used: number | null, runningTasks = 0) =>
    readiness({ ...ground, fargate: { vcpus, used, unread: null }, runningTasks }, need)

  expect(at(5, 0)).toEqual({ problems: [], warnings: [] })
  expect(at(5, 2, 2)).toEqual({ problems: [], warnings: [] })
  expect(at(4, null).warnings).toEqual([expect.stringMatching(/5 vCPUs for some minutes.* vCPUs is 4: they/)])
  expect(at(6, 4, 2).warnings).toEqual([expect.stringMatching(/is 6, 2 of them in use by others: they/)])
})

test('tasks that run already need no new address', () => {
  expect(readiness({ ...ground, freeAddresses: 0, runningTasks: 2 }, need).problems).toEqual([])
})

test('with cross-zone balancing a zone without a gateway costs, and is said', () => {
  const { problems, warnings } = readiness({ ...ground, taskZones: ['us-east-1b'] }, need)

  expect(problems).toEqual([])
  expect(warnings).toEqual([
    'Gateway tasks have no subnet in us-east-1a: what is mirrored there crosses zones.',
  ])
})
