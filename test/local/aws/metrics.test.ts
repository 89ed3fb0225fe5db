import {
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
  type PutMetricDataCommandInput,
} from '@aws-sdk/client-cloudwatch'
import { describe, expect, test } from 'vitest'
import { errorCode, startTestCloud } from '../../support/aws-clients.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const NOON = new Date('2026-11-21T12:00:00Z')
const at = (minutes: number) => new Date(NOON.getTime() + minutes * 60_000)

const Dimensions = [{ Name: 'Experiment', Value: 'e1' }]
const put = (Namespace: string, MetricData: PutMetricDataCommandInput['MetricData']) =>
  new PutMetricDataCommand({ Namespace, MetricData })

describe('CloudWatch', () => {
  test('keeps what is put and gives statistics over periods', async () => {
    const { cloudwatch } = await startTestCloud({ clock: new ManualClock(at(10).getTime()) })
    await cloudwatch.send(
      put('Shadowmeter', [
        { MetricName: 'Bytes', Dimensions, Timestamp: at(0), Value: 10, Unit: 'Bytes' },
        {
          MetricName: 'Bytes',
          Dimensions,
          Timestamp: at(0),
          Values: [20, 40],
          Counts: [2, 1],
          Unit: 'Bytes',
        },
        {
          MetricName: 'Bytes',
          Dimensions,
          Timestamp: at(1),
          StatisticValues: { SampleCount: 2, Sum: 10, Minimum: 1, Maximum: 9 },
          Unit: 'Bytes',
        },
        { MetricName: 'Bytes', Timestamp: at(0), Value: 1000 },
      ]),
    )

    const statistics = await cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace: 'Shadowmeter',
        MetricName: 'Bytes',
        Dimensions,
        StartTime: at(0),
        EndTime: at(5),
        Period: 60,
        Statistics: ['Sum', 'Average', 'SampleCount', 'Minimum', 'Maximum'],
      }),
    )
    const data = await cloudwatch.send(
      new GetMetricDataCommand({
        StartTime: at(0),
        EndTime: at(10),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [
          {
            Id: 'bytes',
            MetricStat: {
              Metric: { Namespace: 'Shadowmeter', MetricName: 'Bytes', Dimensions },
              Period: 300,
              Stat: 'Sum',
            },
          },
          {
            Id: 'none',
            MetricStat: {
              Metric: { Namespace: 'Shadowmeter', MetricName: 'Nothing' },
              Period: 60,
              Stat: 'Sum',
            },
          },
        ],
      }),
    )

    expect(statistics.Datapoints).toEqual([
      { Timestamp: at(0), Sum: 90, Average: 22.5, SampleCount: 4, Minimum: 10, Maximum: 40, Unit: 'Bytes' },
      { Timestamp: at(1), Sum: 10, Average: 5, SampleCount: 2, Minimum: 1, Maximum: 9, Unit: 'Bytes' },
    ])
    expect(data.MetricDataResults).toMatchObject([
      { Id: 'bytes', Timestamps: [at(0)], Values: [100], StatusCode: 'Complete' },
      { Id: 'none', Timestamps: [], Values: [], StatusCode: 'Complete' },
    ])
  })

  test('reads requests that the SDK compresses', async () => {
    const { cloudwatch } = await startTestCloud()
    const many = Array.from({ length: 900 }, (_, n) => ({ MetricName: `metric-${n}`, Dimensions, Value: n }))

    await cloudwatch.send(put('Shadowmeter', many))

    const first = await cloudwatch.send(new ListMetricsCommand({ Namespace: 'Shadowmeter' }))
    const second = await cloudwatch.send(
      new ListMetricsCommand({ Namespace: 'Shadowmeter', NextToken: first.NextToken }),
    )
    expect(first.Metrics).toHaveLength(500)
    expect(second.Metrics).toHaveLength(400)
    expect(second.NextToken).toBeUndefined()
  })

  test('gives data points in pages', async () => {
    const { cloudwatch } = await startTestCloud({ clock: new ManualClock(at(10).getTime()) })
    await cloudwatch.send(
      put(
        'Shadowmeter',
        Array.from({ length: 10 }, (_, n) => ({ MetricName: 'Bytes', Timestamp: at(n), Value: n })),
      ),
    )
    const ask = (NextToken?: string) =>
      cloudwatch.send(
        new GetMetricDataCommand({
          StartTime: at(0),
          EndTime: at(10),
          MaxDatapoints: 6,
          NextToken,
          MetricDataQueries: [
            {
              Id: 'a',
              MetricStat: {
                Metric: { Namespace: 'Shadowmeter', MetricName: 'Bytes' },
                Period: 60,
                Stat: 'Sum',
              },
            },
          ],
        }),
      )

    const first = await ask()
    const second = await ask(first.NextToken)

    expect(first.MetricDataResults?.[0]).toMatchObject({
      Values: [9, 8, 7, 6, 5, 4],
      StatusCode: 'PartialData',
    })
    expect(second.MetricDataResults?.[0]).toMatchObject({ Values: [3, 2, 1, 0], StatusCode: 'Complete' })
    expect(second.NextToken).toBeUndefined()
  })

  test('keeps AWS’s own namespaces for AWS, which this machine feeds beside the API', async () => {
    const { cloudwatch, cloud } = await startTestCloud()
    const point = {
      namespace: 'AWS/EC2',
      name: 'NetworkMirrorOut',
      dimensions: { InstanceId: 'i-1' },
      value: 7,
    }
    const feed = (points: unknown) =>
      fetch(`${cloud.address}/-/metrics`, { method: 'POST', body: JSON.stringify({ points }) })

    expect(await errorCode(cloudwatch.send(put('AWS/EC2', [{ MetricName: 'x', Value: 1 }])))).toBe(
      'InvalidParameterValueException',
    )
    expect((await feed([point])).status).toBe(200)
    expect((await feed([{ ...point, namespace: 'Mine' }])).status).toBe(400)
    const { Metrics: metrics } = await cloudwatch.send(
      new ListMetricsCommand({ Dimensions: [{ Name: 'InstanceId' }] }),
    )
    expect(metrics).toMatchObject([{ Namespace: 'AWS/EC2', MetricName: 'NetworkMirrorOut' }])
  })

  test('refuses what AWS refuses', async () => {
    const { cloudwatch } = await startTestCloud({ clock: new ManualClock(NOON.getTime()) })
    const refusedPut = (datum: object, Namespace = 'Shadowmeter') =>
      errorCode(cloudwatch.send(put(Namespace, [{ MetricName: 'a', ...datum }])))
    const statistics = (change: object) =>
      errorCode(
        cloudwatch.send(
          new GetMetricStatisticsCommand({
            Namespace: 'Shadowmeter',
            MetricName: 'a',
            StartTime: at(0),
            EndTime: at(5),
            Period: 60,
            Statistics: ['Sum'],
            ...change,
          }),
        ),
      )

    expect(await refusedPut({})).toBe('InvalidParameterCombinationException')
    expect(await refusedPut({ Value: 1, Values: [1] })).toBe('InvalidParameterCombinationException')
    expect(await refusedPut({ Value: 1, Timestamp: at(121) })).toBe('InvalidParameterValueException')
    expect(await refusedPut({ Value: 1, Timestamp: at(-15 * 24 * 60) })).toBe(
      'InvalidParameterValueException',
    )
    expect(await refusedPut({ Values: [1, 2], Counts: [1] })).toBe('InvalidParameterValueException')
    expect(await refusedPut({ Value: 1 }, ':bad')).toBe('InvalidParameterValueException')
    expect(await statistics({ Period: 45 })).toBe('InvalidParameterValueException')
    expect(await statistics({ EndTime: at(0) })).toBe('InvalidParameterCombinationException')
    expect(await statistics({ Statistics: [] })).toBe('InvalidParameterValueException')
    expect(await statistics({ EndTime: at(1500) })).toBe('InvalidParameterCombinationException')
  })
})
