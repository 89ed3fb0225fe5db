import { describe, expect, it } from 'vitest'
import { readInstanceTraffic } from '../../../functions/watch/instance-traffic.ts'
import { TrafficMemory } from '../../../functions/watch/traffic-memory.ts'
import { startTestCloud } from '../../support/aws-clients.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const MINUTE = 60_000
const PATIENT = { timeout: 30_000 }

const open = async () => {
  const clock = new ManualClock()
  const { cloud, cloudwatch } = await startTestCloud({ clock })
  const feed = (
    instance: string,
    name: `Network${'' | 'Packets'}${'In' | 'Out'}`,
    bytes: number,
    at: number,
  ) =>
    cloud.feedMetric({
      namespace: 'AWS/EC2',
      name,
      dimensions: [{ name: 'InstanceId', value: instance }],
      unit: 'Bytes',
      at,
      count: 1,
      sum: bytes,
      minimum: bytes,
      maximum: bytes,
    })
  const calls = async () => {
    const response = await fetch(`${cloud.address}/-/calls`)
    const log = (await response.json()) as { calls: { action: string }[] }
    return log.calls.filter(({ action }) => action === 'GetMetricData').length
  }
  return { clock, cloudwatch, feed, calls }
}

describe('traffic of instances', PATIENT, () => {
  it('is the average and the busiest five minutes, the five that are not over left out', async () => {
    const { clock, cloudwatch, feed } = await open()
    const end = Math.floor(clock.now() / (5 * MINUTE)) * 5 * MINUTE
    feed('i-1', 'NetworkIn', 300_000, end - 10 * MINUTE)
    feed('i-1', 'NetworkIn', 900_000, end - 5 * MINUTE)
    feed('i-1', 'NetworkIn', 9e9, end)
    feed('i-1', 'NetworkOut', 600_000, end - 10 * MINUTE)
    feed('i-1', 'NetworkPacketsIn', 3_000, end - 10 * MINUTE)
    feed('i-1', 'NetworkPacketsOut', 6_000, end - 10 * MINUTE)
    feed('i-1', 'NetworkOut', 600_000, end - 15 * 24 * 60 * MINUTE)

    const traffic = await readInstanceTraffic(cloudwatch, ['i-1', 'i-2'], new Date(end + MINUTE))

    expect(traffic.get('i-1')).toEqual({
      in: { average: 2000, peak: 3000 },
      out: { average: 2000, peak: 2000 },
      packets: { in: { average: 10, peak: 10 }, out: { average: 20, peak: 20 } },
      from: new Date(end - 10 * MINUTE),
    })
    expect(traffic.get('i-2')).toBeNull()
  })

  it('of two weeks and many instances comes in pages, and in as few calls as the limits allow', async () => {
    const { clock, cloudwatch, feed } = await open()
    const end = Math.floor(clock.now() / (5 * MINUTE)) * 5 * MINUTE
    const names = Array.from({ length: 14 }, (_, n) => `i-${n}`)
    for (const name of names)
      for (let at = end - 13 * 24 * 60 * MINUTE; at < end; at += 60 * MINUTE) {
        feed(name, 'NetworkIn', 3000, at)
        feed(name, 'NetworkOut', 6000, at)
      }

    const traffic = await readInstanceTraffic(cloudwatch, names, new Date(end))

    expect(traffic.size).toBe(14)
    for (const one of traffic.values()) expect(one?.in).toEqual({ average: 10, peak: 10 })
  })
})

describe('the memory of traffic', PATIENT, () => {
  it('asks once for some minutes, and of a large fleet a sample', async () => {
    const { clock, cloudwatch, feed, calls } = await open()
    const memory = new TrafficMemory()
    const fleet = Array.from({ length: 500 }, (_, n) => `i-${n}`)
    const at = Math.floor(clock.now() / (5 * MINUTE)) * 5 * MINUTE - 10 * MINUTE
    for (const name of fleet)
      for (const way of ['NetworkIn', 'NetworkOut'] as const) feed(name, way, 3000, at)
    const now = (minutes: number) => new Date(at + (10 + minutes) * MINUTE)

    const sample = await memory.of(cloudwatch, fleet, now(0))
    const first = await calls()
    await memory.of(cloudwatch, fleet, now(9))
    const again = await calls()
    await memory.of(cloudwatch, fleet, now(11))

    expect(sample.size).toBe(48)
    expect([...sample.keys()].at(-1)).toBe('i-489')
    expect(first).toBe(8)
    expect(again).toBe(first)
    expect(await calls()).toBe(2 * first)
  })
})
