import { describe, expect, test } from 'vitest'
import { AbortRule } from '../../../contract/abort.ts'
import { metricsPerLook } from '../../../functions/watch/metrics.ts'
import { readProduction } from '../../../functions/watch/production.ts'
import { startTestCloud } from '../../support/aws-clients.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { type AwsPoint, feedMetrics } from '../../support/metrics.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const [A, B] = ['i-0a00000000000000a', 'i-0b00000000000000b']
const skipped = AbortRule.parse({ watch: 'skipped-mirroring', above: 5 })
const cpu = AbortRule.parse({ watch: 'production-cpu', above: 90, overSeconds: 300 })

const read = async (points: readonly AwsPoint[], rules: readonly AbortRule[], instances = [A, B]) => {
  const { cloudwatch, cloud } = await startTestCloud({ clock: new ManualClock(NOW) })
  await feedMetrics(cloud.address, points)
  return readProduction(cloudwatch, rules, instances, new Date(NOW))
}
const ofInstance = (InstanceId: string, name: string, value: number, secondsAgo = 120): AwsPoint => ({
  namespace: 'AWS/EC2',
  name,
  dimensions: { InstanceId },
  value,
  at: NOW - secondsAgo * 1000,
})

describe('what abort rules read in CloudWatch', () => {
  test('is the skipped share of all bytes to mirror, of all instances, both ways', async () => {
    const { readings } = await read(
      [
        ofInstance(A, 'NetworkMirrorIn', 600),
        ofInstance(A, 'NetworkSkipMirrorOut', 100),
        ofInstance(B, 'NetworkMirrorOut', 200),
        ofInstance(B, 'NetworkSkipMirrorIn', 100),
        ofInstance(B, 'NetworkSkipMirrorIn', 9_000, 700),
      ],
      [skipped],
    )

    expect(readings.get(0)).toEqual({ value: 20, samples: 4 })
  })

  test('is the busiest instance, averaged over the rule’s own window', async () => {
    const { readings, metrics } = await read(
      [
        ofInstance(A, 'CPUUtilization', 20),
        ofInstance(B, 'CPUUtilization', 90, 60),
        ofInstance(B, 'CPUUtilization', 98, 180),
        ofInstance(B, 'CPUUtilization', 1, 400),
      ],
      [skipped, cpu, cpu],
    )

    expect(readings.get(1)).toEqual({ value: 94, samples: 3 })
    expect(readings.get(0)).toBeNull()
    expect(metrics).toBe(2 * 5)
  })

  test('is the share of 5xx among a target group’s requests, and any other metric', async () => {
    const dimensions = { TargetGroup: 'targetgroup/orders/0a', LoadBalancer: 'app/orders/0b' }
    const alb = (name: string, value: number): AwsPoint => ({
      namespace: 'AWS/ApplicationELB',
      name,
      dimensions,
      value,
      at: NOW - 60_000,
    })
    const { readings } = await read(
      [
        alb('RequestCount', 400),
        alb('HTTPCode_Target_5XX_Count', 4),
        {
          namespace: 'AWS/RDS',
          name: 'DatabaseConnections',
          dimensions: { DBInstanceIdentifier: 'orders' },
          value: 77,
          at: NOW - 60_000,
        },
      ],
      [
        AbortRule.parse({
          watch: 'production-errors',
          above: 2,
          targetGroup: 'targetgroup/orders/0a',
          loadBalancer: 'app/orders/0b',
        }),
        AbortRule.parse({
          watch: 'metric',
          above: 90,
          namespace: 'AWS/RDS',
          name: 'DatabaseConnections',
          dimensions: { DBInstanceIdentifier: 'orders' },
          statistic: 'Maximum',
        }),
      ],
      [],
    )

    expect(readings.get(0)).toEqual({ value: 1, samples: 400 })
    expect(readings.get(1)).toEqual({ value: 77, samples: 1 })
  })

  test('costs at most one call of 500 metrics, however many instances there are', () => {
    expect(metricsPerLook([skipped, cpu], 2)).toBe(10)
    expect(metricsPerLook([skipped, cpu], 2_000)).toBe(500)
    expect(metricsPerLook([], 2_000)).toBe(0)
  })
})
