import type { Direction } from '../../data-plane/wire/conversation.ts'

/** One value for CloudWatch, as the AWS service that measures it would give it. */
export type MetricPoint = Readonly<{
  namespace: 'AWS/EC2' | 'AWS/NetworkELB'
  name: string
  dimensions: Readonly<Record<string, string>>
  value: number
  unit: 'Bytes' | 'Count'
}>

/** Outer IPv4, UDP and VXLAN headers: a load balancer counts them, the instance's mirror metrics do not. */
const ENCAPSULATION_BYTES = 20 + 8 + 8

/**
 * Counts what the source instance and the load balancer would report, until it is taken. Instance metrics are those of
 * all interfaces of the instance together.
 * https://docs.aws.amazon.com/vpc/latest/mirroring/traffic-mirror-cloudwatch.html
 */
export class Meter {
  #points = new Map<string, { -readonly [Key in keyof MetricPoint]: MetricPoint[Key] }>()

  /** Bytes and packets of production's own traffic. */
  production(instance: string, direction: Direction, bytes: number, packets: number): void {
    this.#instance(instance, direction === 'ingress' ? 'NetworkIn' : 'NetworkOut', bytes, 'Bytes')
    this.#instance(
      instance,
      direction === 'ingress' ? 'NetworkPacketsIn' : 'NetworkPacketsOut',
      packets,
      'Count',
    )
  }

  mirrored(instance: string, direction: Direction, frameLength: number): void {
    const way = direction === 'ingress' ? 'In' : 'Out'
    this.#instance(instance, `NetworkMirror${way}`, frameLength, 'Bytes')
    this.#instance(instance, `NetworkPacketsMirror${way}`, 1, 'Count')
  }

  /** It matched a filter, but there was no room to send it beside production's traffic. */
  skipped(instance: string, direction: Direction, frameLength: number): void {
    const way = direction === 'ingress' ? 'In' : 'Out'
    this.#instance(instance, `NetworkSkipMirror${way}`, frameLength, 'Bytes')
    this.#instance(instance, `NetworkPacketsSkipMirror${way}`, 1, 'Count')
  }

  processed(loadBalancerArn: string, zone: string, frameLength: number, newFlow: boolean): void {
    const dimensions = { LoadBalancer: loadBalancerArn.split(':loadbalancer/')[1] ?? loadBalancerArn }
    for (const where of [dimensions, { ...dimensions, AvailabilityZone: zone }]) {
      this.#add('AWS/NetworkELB', 'ProcessedBytes_UDP', where, frameLength + ENCAPSULATION_BYTES, 'Bytes')
      if (newFlow) this.#add('AWS/NetworkELB', 'NewFlowCount_UDP', where, 1, 'Count')
    }
  }

  /** What has been counted since the last call. */
  take(): MetricPoint[] {
    const points = [...this.#points.values()]
    this.#points = new Map()
    return points
  }

  #instance(id: string, name: string, value: number, unit: MetricPoint['unit']): void {
    this.#add('AWS/EC2', name, { InstanceId: id }, value, unit)
  }

  #add(
    namespace: MetricPoint['namespace'],
    name: string,
    dimensions: Record<string, string>,
    value: number,
    unit: MetricPoint['unit'],
  ): void {
    const key = `${name} ${Object.values(dimensions).join(' ')}`
    const point = this.#points.get(key)
    if (point) point.value += value
    else this.#points.set(key, { namespace, name, dimensions, value, unit })
  }
}
