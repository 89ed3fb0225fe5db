import { join } from 'node:path'
import {
  ALLOWED_SHADOWS,
  awsEnvironment,
  CLUSTER,
  CONTROL_FUNCTION_ARN,
  DEAD_LETTERS_ARN,
  DEPLOYMENT,
  EVIDENCE_BUCKET,
  LOAD_BALANCER_ARN,
  RECORDS_BUCKET,
  SCHEDULE_GROUP,
  SCHEDULE_ROLE_ARN,
  SERVICE,
  TABLE,
  TARGET_GROUP_ARN,
} from './account.ts'
import { type Child, startChild } from './child.ts'
import type { CloudChildOptions } from './cloud-process.ts'
import type { ControlPlaneOptions } from './control-plane-process.ts'
import type { DemoOptions } from './demo-process.ts'
import type { Deployed } from './deploy.ts'
import { addressOf, endpointOf, faceOf, type LocalNetwork } from './network.ts'
import type { LocalOptions } from './options.ts'
import { ORDERS, type ProductionInstance, ROUTER_MAC, STATIONS } from './stations.ts'
import type { TapOptions } from './tap-process.ts'
import { declareWorld } from './world.ts'

/** How each process of the local system is started: what it is told of the others. */

type Endpoint = { ip: string; port: number }

export const startCloud = (
  network: LocalNetwork,
  production: readonly ProductionInstance[],
  data: string | null,
  port: number,
  invokePath: string,
  tick: number,
): Child =>
  startChild('AWS endpoint', './cloud-process.ts', {
    port: port + 1,
    world: declareWorld(network, production),
    dataDir: data === null ? null : join(data, 'aws'),
    lambdaEndpoint: `http://127.0.0.1:${port}${invokePath}`,
    minuteSeconds: tick,
  } satisfies CloudChildOptions)

export const startControlPlane = (
  endpoint: string,
  deployed: Deployed,
  options: ControlPlaneOptions,
  tick: number,
): Child =>
  startChild('Control plane', './control-plane-process.ts', options, {
    ...awsEnvironment(endpoint),
    SHADOWMETER_DEPLOYMENT: DEPLOYMENT,
    SHADOWMETER_TABLE: TABLE,
    SHADOWMETER_CLUSTER: CLUSTER,
    SHADOWMETER_SERVICE: SERVICE,
    SHADOWMETER_MIRROR_TARGET: deployed.mirrorTarget,
    SHADOWMETER_PARKING_FILTER: deployed.parkingFilter,
    SHADOWMETER_TARGET_GROUP_ARN: TARGET_GROUP_ARN,
    SHADOWMETER_LOAD_BALANCER_ARN: LOAD_BALANCER_ARN,
    SHADOWMETER_SCHEDULE_GROUP: SCHEDULE_GROUP,
    SHADOWMETER_SCHEDULE_ROLE_ARN: SCHEDULE_ROLE_ARN,
    SHADOWMETER_DEAD_LETTERS_ARN: DEAD_LETTERS_ARN,
    SHADOWMETER_EVENT_BUS: 'default',
    SHADOWMETER_EVIDENCE_BUCKET: EVIDENCE_BUCKET,
    SHADOWMETER_RECORDS_BUCKET: RECORDS_BUCKET,
    SHADOWMETER_CONTROL_FUNCTION_ARN: CONTROL_FUNCTION_ARN,
    SHADOWMETER_SHADOWS: ALLOWED_SHADOWS,
    SHADOWMETER_PROMETHEUS: ALLOWED_SHADOWS,
    SHADOWMETER_TICK_SECONDS: String(tick),
  })

export const startTap = (
  network: LocalNetwork,
  production: readonly ProductionInstance[],
  own: { upstream: Endpoint; front: Endpoint } | null,
  endpoint: string,
): Child => {
  const stations = [STATIONS.reports, ...STATIONS.loadBalancer, STATIONS.fargate]
  return startChild('Tap', './tap-process.ts', {
    endpoint,
    routerMac: ROUTER_MAC,
    macs: Object.fromEntries(stations.map(({ host, mac }) => [addressOf(network, host), mac])),
    relays: production.map((one) => ({
      networkInterface: one.networkInterface,
      instance: one.instance,
      mac: one.mac,
      listen: own ? own.front : endpointOf(network, one.place),
      face: { ip: faceOf(network, one.place).ip, port: one.port },
      upstream: own ? own.upstream : appOf(network, one),
    })),
  } satisfies TapOptions)
}

export const startDemo = (
  endpoint: string,
  network: LocalNetwork,
  { seed, release, snapshotAge }: LocalOptions['demonstration'],
): Child =>
  startChild(
    'Demo',
    './demo-process.ts',
    {
      instances: ORDERS.map((one) => ({ app: appOf(network, one), front: endpointOf(network, one.place) })),
      shadow: endpointOf(network, 'shadow'),
      control: endpointOf(network, 'control'),
      clients:
        network.kind === 'each' ? STATIONS.loadBalancer.map(({ host }) => addressOf(network, host)) : [],
      seed,
      release,
      snapshotAge,
    } satisfies DemoOptions,
    awsEnvironment(endpoint),
  )

/** The demo’s service itself, behind the relay. */
const appOf = (network: LocalNetwork, { place }: ProductionInstance) =>
  endpointOf(network, place === 'orders-1' ? 'orders-1-app' : 'orders-2-app')
