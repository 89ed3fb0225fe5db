/** One line of `GET /-/mirroring`: all that decides about mirrored packets, in full, at connect and after each change. */
export type MirroringSnapshot = {
  /** Grows with each change. */
  revision: number
  /** Milliseconds since 1970. */
  at: number
  sessions: readonly MirroredSession[]
  loadBalancers: readonly MirroredLoadBalancer[]
  switches: { sourcePortSymmetry: boolean; sourcePortMin: number; sourcePortMax: number }
}

export type MirroredSession = {
  id: string
  /** Lowest number whose filter matches wins on one interface. */
  number: number
  networkInterfaceId: string
  /** Primary address: the outer source of its packets. */
  privateIp: string
  mac: string
  availabilityZone: string
  instanceId: string | null
  /** False while AWS would mirror nothing; `reason` says why. An inactive session goes on being billed. */
  active: boolean
  reason: string | null
  virtualNetworkId: number
  /** Bytes kept after the VXLAN header; null keeps all. */
  packetLength: number | null
  filterId: string
  /** With `amazon-dns` in it, traffic with the VPC resolver is mirrored whatever the rules say. */
  networkServices: readonly string[]
  /** In order of their number: the first that matches decides, none means not mirrored. */
  ingress: readonly MirroredRule[]
  egress: readonly MirroredRule[]
  targetId: string
  target: { kind: 'load-balancer'; arn: string } | { kind: 'interface'; privateIp: string }
}

export type MirroredRule = {
  id: string
  number: number
  action: 'accept' | 'reject'
  /** IANA number; null is any. */
  protocol: number | null
  sourceCidr: string
  destinationCidr: string
  /** Inclusive; null is any. */
  sourcePorts: readonly [number, number] | null
  destinationPorts: readonly [number, number] | null
}

export type MirroredLoadBalancer = {
  arn: string
  crossZone: boolean
  zones: readonly { availabilityZone: string; privateIp: string }[]
  listeners: readonly {
    protocol: string
    port: number
    targetGroupArn: string
    /** With no target healthy, or none at all, a network load balancer sends to all of them ("fail open"). */
    targets: readonly MirroredTarget[]
  }[]
}

export type MirroredTarget = {
  ip: string
  port: number
  availabilityZone: string
  state: 'initial' | 'healthy' | 'unhealthy' | 'draining' | 'unused'
}
