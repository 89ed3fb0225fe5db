import { join, resolve } from 'node:path'
import {
  awsEnvironment,
  CLUSTER,
  CONTROL_FUNCTION_ARN,
  DEPLOYMENT,
  LOAD_BALANCER_ARN,
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
import { demoExperiment, ownExperiment, startFirstExperiment } from './first-experiment.ts'
import { addressOf, endpointOf, faceOf, freePort, holdNetwork, type LocalNetwork } from './network.ts'
import type { LocalOptions } from './options.ts'
import { hostAndPort, isReachable } from './reachable.ts'
import { StartError } from './start-error.ts'
import { loadState } from './state-file.ts'
import { ORDERS, ownInstance, type ProductionInstance, ROUTER_MAC, STATIONS } from './stations.ts'
import type { TapOptions } from './tap-process.ts'
import { declareWorld } from './world.ts'

type Endpoint = { ip: string; port: number }

type Output = { say(line: string): void; warn(line: string): void }

/** The tick looks this often; a minute on AWS. */
const TICK_SECONDS = 5

/** Runs the local system until `stop`, or until it cannot go on; the exit code. @throws StartError */
export const startLocalSystem = async (
  options: LocalOptions,
  stop: AbortSignal,
  { say, warn }: Output,
): Promise<number> => {
  const port = await choosePort(options.port)
  if (options.own) await checkOwn(options.own)
  const data = options.data === null ? null : resolve(options.data)
  const { network } = await loadState(data, Math.random, forcedNetwork()).catch((cause: Error) => {
    throw new StartError(`--data ${options.data}: ${cause.message}`)
  })
  if (!(await holdNetwork(network)))
    throw new StartError(`--data ${options.data}: another Shadowmeter runs with it`)
  const production = options.own ? [ownOf(options.own)] : ORDERS
  const own = options.own && {
    upstream: { ip: options.own.host, port: options.own.port },
    front: await listenOf(network, options.own.port),
  }
  const addresses = {
    console: `http://127.0.0.1:${port}`,
    api: `http://127.0.0.1:${port}/api`,
    aws: `http://127.0.0.1:${port + 1}`,
  }
  const children: Child[] = []
  const start = async (child: Child): Promise<void> => {
    children.push(child)
    await child.ready.catch((cause: Error) => {
      throw new StartError(cause.message)
    })
  }

  try {
    // The SDK is read while the endpoint starts.
    const [{ deploy, deployTick }] = await Promise.all([
      import('./deploy.ts'),
      start(startCloudChild(network, production, data, port)),
    ])
    const deployed = await deploy(addresses.aws).catch((cause: Error) => {
      throw new StartError(`AWS endpoint: ${cause.message}`)
    })
    const runsDemo = options.demo && options.own === null
    await Promise.all([
      start(startControlPlane(addresses.aws, deployed, port)),
      start(startTap(network, production, own, addresses.aws)),
      ...(runsDemo ? [start(startDemo(network))] : []),
    ])
    if (stop.aborted) return await stopAll(children)
    await deployTick(addresses.aws).catch((cause: Error) => {
      throw new StartError(`AWS endpoint: ${cause.message}`)
    })
    say(`Console       ${addresses.console}/`)
    say(`API           ${addresses.api}`)
    say(`AWS endpoint  ${addresses.aws}`)
    if (options.own && own) {
      say(
        `Production    http://${own.front.ip}:${own.front.port}  (send traffic here: it goes on to ${options.own.host}:${options.own.port})`,
      )
    }
    if (options.demo) {
      const shadow = endpointOf(network, 'shadow')
      const spec = options.own
        ? ownExperiment({ ...ownOf(options.own), shadow: options.own.shadow, writes: options.own.writes })
        : demoExperiment(`http://${shadow.ip}:${shadow.port}`)
      await startFirstExperiment(addresses.api, spec).catch((error: Error) =>
        warn(`The first experiment was not started: ${error.message}`),
      )
    }
    return await watch(children, stop, warn)
  } catch (error) {
    await stopAll(children)
    if (stop.aborted) return 0
    throw error
  }
}

/** Waits for the order to stop. A part that dies is said, and stays dead: how the rest copes is worth seeing. */
const watch = async (
  children: readonly Child[],
  stop: AbortSignal,
  warn: Output['warn'],
): Promise<number> => {
  const [cloud] = children
  const ordered = new Promise<null>((done) => {
    if (stop.aborted) done(null)
    stop.addEventListener('abort', () => done(null), { once: true })
  })
  for (const child of children)
    void child.ended.then((how) => {
      if (stop.aborted || child === cloud) return
      warn(`${child.name} ended (${how}). Only a restart brings it back; with --data nothing is forgotten.`)
    })
  const how = await Promise.race([ordered, cloud?.ended ?? null])
  if (how !== null) warn(`AWS endpoint ended (${how}): nothing can go on without it.`)
  await stopAll(children)
  return how === null ? 0 : 1
}

const stopAll = async (children: readonly Child[]): Promise<number> => {
  await Promise.all(children.map((child) => child.stop()))
  return 0
}

/** Two free ports next to each other. */
const choosePort = async (wanted: number): Promise<number> => {
  if (wanted !== 0) {
    const taken = (await freePort('127.0.0.1', wanted)) === null ? wanted : null
    const next = taken ?? ((await freePort('127.0.0.1', wanted + 1)) === null ? wanted + 1 : null)
    if (next === null) return wanted
    throw new StartError(
      `Port ${next} is taken (${next === wanted ? 'console and API' : 'AWS endpoint'}): choose others with --port`,
    )
  }
  for (;;) {
    const port = await freePort('127.0.0.1', 0)
    if (port !== null && port < 65_535 && (await freePort('127.0.0.1', port + 1)) !== null) return port
  }
}

const checkOwn = async ({ host, port, shadow }: NonNullable<LocalOptions['own']>): Promise<void> => {
  if (!(await isReachable(host, port)))
    throw new StartError(`Nobody answers at ${host}:${port}: start the service that --production names first`)
  const target = hostAndPort(shadow)
  if (target.host === host && target.port === port)
    throw new StartError('--shadow is the address of --production: a shadow must be another service')
  if (!(await isReachable(target.host, target.port)))
    throw new StartError(`Nobody answers at ${shadow}: start the service that --shadow names first`)
}

const forcedNetwork = (): LocalNetwork['kind'] | undefined =>
  process.env.SHADOWMETER_LOCAL_NETWORK === 'shared' ? 'shared' : undefined

const ownOf = ({ host, port }: NonNullable<LocalOptions['own']>): ProductionInstance =>
  ownInstance(`${host}:${port}`, port)

/**
 * On its own address the user’s service keeps its port, unless only root may listen there or the service itself has
 * taken it on every address of the machine.
 */
const listenOf = async (network: LocalNetwork, port: number): Promise<Endpoint> => {
  const { ip, port: shared } = endpointOf(network, 'own')
  if (network.kind === 'shared') return { ip, port: shared }
  for (const candidate of [port, 8000 + (port % 1000), 18_000 + (port % 1000), 28_000 + (port % 1000)])
    if ((await freePort(ip, candidate)) !== null) return { ip, port: candidate }
  throw new StartError(
    `Every address of this machine is taken on port ${port}: nothing can stand in front of it`,
  )
}

const startCloudChild = (
  network: LocalNetwork,
  production: readonly ProductionInstance[],
  data: string | null,
  port: number,
): Child =>
  startChild('AWS endpoint', './cloud-process.ts', {
    port: port + 1,
    world: declareWorld(network, production),
    dataDir: data === null ? null : join(data, 'aws'),
    lambdaEndpoint: `http://127.0.0.1:${port}`,
    minuteSeconds: TICK_SECONDS,
  } satisfies CloudChildOptions)

const startControlPlane = (endpoint: string, deployed: Deployed, port: number): Child =>
  startChild('Control plane', './control-plane-process.ts', { port } satisfies ControlPlaneOptions, {
    ...awsEnvironment(endpoint),
    SHADOWMETER_DEPLOYMENT: DEPLOYMENT,
    SHADOWMETER_TABLE: TABLE,
    SHADOWMETER_CLUSTER: CLUSTER,
    SHADOWMETER_SERVICE: SERVICE,
    SHADOWMETER_MIRROR_TARGET: deployed.mirrorTarget,
    SHADOWMETER_TARGET_GROUP_ARN: TARGET_GROUP_ARN,
    SHADOWMETER_LOAD_BALANCER_ARN: LOAD_BALANCER_ARN,
    SHADOWMETER_SCHEDULE_GROUP: SCHEDULE_GROUP,
    SHADOWMETER_SCHEDULE_ROLE_ARN: SCHEDULE_ROLE_ARN,
    SHADOWMETER_CONTROL_FUNCTION_ARN: CONTROL_FUNCTION_ARN,
    SHADOWMETER_TICK_SECONDS: String(TICK_SECONDS),
  })

const startTap = (
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

const startDemo = (network: LocalNetwork): Child =>
  startChild('Demo', './demo-process.ts', {
    instances: ORDERS.map((one) => ({ app: appOf(network, one), front: endpointOf(network, one.place) })),
    shadow: endpointOf(network, 'shadow'),
    clients: network.kind === 'each' ? STATIONS.loadBalancer.map(({ host }) => addressOf(network, host)) : [],
    seed: 42,
  } satisfies DemoOptions)

/** The demo’s service itself, behind the relay. */
const appOf = (network: LocalNetwork, { place }: ProductionInstance) =>
  endpointOf(network, place === 'orders-1' ? 'orders-1-app' : 'orders-2-app')
