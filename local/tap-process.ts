import { randomBytes } from 'node:crypto'
import { runChild } from './run-child.ts'
import { followMirroring } from './tap/follow-mirroring.ts'
import type { Endpoint } from './tap/load-balancer.ts'
import { parseMac } from './tap/mac.ts'
import { Meter } from './tap/meter.ts'
import { Mirror } from './tap/mirror.ts'
import { Pacer } from './tap/pacer.ts'
import { postMetrics } from './tap/post-metrics.ts'
import { Relay } from './tap/relay.ts'
import { UdpSender } from './tap/udp-sender.ts'

export type TapOptions = {
  endpoint: string
  relays: readonly {
    networkInterface: string
    instance: string
    mac: string
    listen: Endpoint
    face: Endpoint
    upstream: Endpoint
  }[]
  /** MAC addresses of the VPC’s other interfaces, by IP address; everything else is behind the router. */
  macs: Readonly<Record<string, string>>
  routerMac: string
}

/** Metrics of instances and load balancers reach CloudWatch this often. */
const METRICS_MS = 5000
/** The path from clients to the demo’s instances. */
const MTU = 1500

await runChild<TapOptions>(async ({ endpoint, relays, macs, routerMac }) => {
  const meter = new Meter()
  const sender = new UdpSender()
  const pacer = new Pacer(
    (from, to, payload) => sender.send(from, to, payload),
    () => performance.now(),
  )
  const mirror = new Mirror({
    meter,
    now: Date.now,
    send: (from, to, payload) => pacer.send(from, to, payload),
  })
  const known = new Map(Object.entries(macs).map(([ip, mac]) => [ip, parseMac(mac)]))
  const router = parseMac(routerMac)
  const running = relays.map(
    (relay) =>
      new Relay({
        ...relay,
        mac: parseMac(relay.mac),
        macOf: (ip) => known.get(ip) ?? router,
        mirror,
        meter,
        conversation: {
          mtu: MTU,
          now: () => performance.now(),
          random32: () => randomBytes(4).readUInt32BE(),
        },
      }),
  )
  await Promise.all(running.map((relay) => relay.listen()))
  const ending = new AbortController()
  void followMirroring(endpoint, (snapshot) => mirror.update(snapshot), ending.signal)
  const metrics = setInterval(() => void postMetrics(endpoint, meter.take(), Date.now()), METRICS_MS)
  return {
    close: async () => {
      ending.abort()
      clearInterval(metrics)
      await Promise.all(running.map((relay) => relay.close()))
      pacer.close()
      await sender.close()
    },
  }
})
