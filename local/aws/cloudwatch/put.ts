import { AwsError } from '../aws-error.ts'
import type { Clock } from '../clock.ts'
import {
  double,
  type Infer,
  integer,
  list,
  required,
  string,
  structure,
  timestamp,
} from '../protocol/shape.ts'
import { type Action, action } from '../service.ts'
import { dimensionsFrom, dimensionsMember } from './dimensions.ts'
import type { MetricPoint, Metrics } from './metrics.ts'

/** Limits of PutMetricData. */
const MOST_METRICS = 1000
const MOST_VALUES = 150
const OLDEST_MILLISECONDS = 14 * 86_400_000
const NEWEST_MILLISECONDS = 2 * 3_600_000

const datum = structure({
  MetricName: required(string),
  Dimensions: dimensionsMember,
  Timestamp: timestamp,
  Value: double,
  StatisticValues: structure({
    SampleCount: required(double),
    Sum: required(double),
    Minimum: required(double),
    Maximum: required(double),
  }),
  Values: list(double),
  Counts: list(double),
  Unit: string,
  StorageResolution: integer,
})

type Datum = typeof datum extends { readonly type?: infer T } ? NonNullable<T> : never

export function putMetricData(metrics: Metrics, clock: Clock): Action {
  const members = {
    Namespace: required(string),
    MetricData: required(list(datum)),
  }
  return action(members, (input: Infer<typeof members>) => {
    const { Namespace: namespace, MetricData: data } = input
    checkNamespace(namespace)
    if (data.length > MOST_METRICS)
      throw invalid(`The collection MetricData must not have a size greater than ${MOST_METRICS}.`)
    const points = data.map((one, index) =>
      pointFrom(namespace, one, `MetricData.member.${index + 1}`, clock.now()),
    )
    for (const point of points) metrics.put(point)
    return {}
  })
}

/** AWS keeps these namespaces for its own services. */
function checkNamespace(namespace: string): void {
  if (namespace.startsWith('AWS/')) {
    throw invalid(
      `The value ${namespace} for parameter Namespace is invalid. Namespaces that begin with AWS/ are reserved.`,
    )
  }
  if (!/^[0-9A-Za-z.\-_/#][0-9A-Za-z.\-_/#:]{0,254}$/.test(namespace)) {
    throw invalid(`The value ${namespace} for parameter Namespace is invalid.`)
  }
}

function pointFrom(namespace: string, datum: Datum, path: string, now: number): MetricPoint {
  const { Timestamp: at, StatisticValues: set, Value: value, Values: values, Counts: counts } = datum
  const forms = [value, values, set].filter((form) => form !== undefined).length
  if (forms !== 1) {
    throw new AwsError(
      'InvalidParameterCombination',
      `The parameters ${path}.Value, .Values and .StatisticValues are mutually exclusive and one of them is needed.`,
    )
  }
  if (at !== undefined && (at < now - OLDEST_MILLISECONDS || at > now + NEWEST_MILLISECONDS)) {
    throw invalid(
      `The parameter ${path}.Timestamp must be within two weeks in the past and two hours in the future.`,
    )
  }
  const point = {
    namespace,
    name: datum.MetricName,
    dimensions: dimensionsFrom(datum.Dimensions, path),
    unit: datum.Unit,
    at,
    highResolution: datum.StorageResolution === 1,
  }
  if (set)
    return { ...point, count: set.SampleCount, sum: set.Sum, minimum: set.Minimum, maximum: set.Maximum }
  const numbers = values ?? [value ?? 0]
  if (numbers.length > MOST_VALUES || (counts && counts.length !== numbers.length)) {
    throw invalid(
      `The parameters ${path}.Values and .Counts must have the same size, at most ${MOST_VALUES}.`,
    )
  }
  const weighted = numbers.map((number, index) => ({ number, count: counts?.[index] ?? 1 }))
  return {
    ...point,
    count: weighted.reduce((sum, { count }) => sum + count, 0),
    sum: weighted.reduce((sum, { number, count }) => sum + number * count, 0),
    minimum: Math.min(...numbers),
    maximum: Math.max(...numbers),
  }
}

const invalid = (message: string): AwsError => new AwsError('InvalidParameterValue', message)
