import { randomBytes } from 'node:crypto'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Child } from './child.ts'
import { demoExperiment, ownExperiment, startFirstExperiment } from './first-experiment.ts'
import { endpointOf, freePort, holdNetwork, type LocalNetwork } from './network.ts'
import type { LocalOptions } from './options.ts'
import { startCloud, startControlPlane, startDemo, startTap } from './parts.ts'
import { hostAndPort, isReachable } from './reachable.ts'
import { StartError } from './start-error.ts'
import { loadState } from './state-file.ts'
import { ORDERS, ownInstance, type ProductionInstance } from './stations.ts'
import { removeToken, writeToken } from './token-file.ts'

type Endpoint = { ip: string; port: number }

type Output = { say(line: string): void; warn(line: string): void }

/** Runs the local system until `stop`, or until it cannot go on; the exit code. @throws StartError */
export const startLocalSystem = async (
  options: LocalOptions,
  stop: AbortSignal,
  { say, warn }: Output,
): Promise<number> => {
  const port = await choosePort(options.port, options.data === null ? 0 : LAST_RUN_ENDS_MS)
  if (options.own) await checkOwn(options.own)
  const data = options.data === null ? null : resolve(options.data)
  const { network } = await loadState(data, Math.random, forcedNetwork()).catch((cause: Error) => {
    throw new StartError(`--data ${options.data}: ${cause.message}`)
  })
  if (!(await holdNetwork(network)))
    throw new StartError(
      options.data === null
        ? 'Its addresses were taken meanwhile: start it again'
        : `--data ${options.data}: another Shadowmeter runs with it`,
    )
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
  const token = randomBytes(24).toString('base64url')
  const invokePath = `/${randomBytes(24).toString('base64url')}`
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
      start(startCloud(network, production, data, port, invokePath, options.tick)),
    ])
    const deployed = await deploy(addresses.aws).catch((cause: Error) => {
      throw new StartError(`AWS endpoint: ${cause.message}`)
    })
    const runsDemo = options.demo && options.own === null
    await Promise.all([
      start(startControlPlane(addresses.aws, deployed, { port, token, invokePath }, options.tick)),
      start(startTap(network, production, own, addresses.aws)),
      ...(runsDemo ? [start(startDemo(addresses.aws, network, options.demonstration))] : []),
    ])
    if (stop.aborted) return await stopAll(children)
    await deployTick(addresses.aws).catch((cause: Error) => {
      throw new StartError(`AWS endpoint: ${cause.message}`)
    })
    try {
      writeToken(homedir(), port, token)
    } catch (error) {
      warn(
        `The token is in no file (${(error as Error).message}): give the command line what stands in the console’s address, as SHADOWMETER_TOKEN.`,
      )
    }
    say(`Console       ${addresses.console}/?token=${token}`)
    say(`API           ${addresses.api}`)
    say(`AWS endpoint  ${addresses.aws}`)
    if (options.own && own) {
      say(
        `Production    http://${own.front.ip}:${own.front.port}  (send traffic here: it goes on to ${options.own.host}:${options.own.port})`,
      )
    }
    if (options.demo) {
      const urlOf = (place: 'shadow' | 'control') => {
        const { ip, port } = endpointOf(network, place)
        return `http://${ip}:${port}`
      }
      const spec = options.own
        ? ownExperiment({ ...options.own, ...ownOf(options.own) })
        : demoExperiment(
            { shadow: urlOf('shadow'), control: urlOf('control') },
            options.demonstration,
            Date.now(),
          )
      await startFirstExperiment(addresses.api, token, spec).catch((error: Error) =>
        warn(`The first experiment was not started: ${error.message}`),
      )
    }
    return await watch(children, stop, warn)
  } catch (error) {
    await stopAll(children)
    if (stop.aborted) return 0
    throw error
  } finally {
    removeToken(homedir(), port)
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

/** How long the processes of a killed supervisor may take to end. */
const LAST_RUN_ENDS_MS = 5000

/** Two free ports next to each other; waits for them a little where the last run may still be ending. */
const choosePort = async (wanted: number, patienceMs: number): Promise<number> => {
  const isFree = async (port: number) => (await freePort('127.0.0.1', port)) !== null
  if (wanted === 0)
    for (;;) {
      const port = await freePort('127.0.0.1', 0)
      if (port !== null && port < 65_535 && (await isFree(port + 1))) return port
    }
  const until = Date.now() + patienceMs
  for (;;) {
    const [first, second] = [await isFree(wanted), await isFree(wanted + 1)]
    if (first && second) return wanted
    if (Date.now() >= until)
      throw new StartError(
        `Port ${first ? wanted + 1 : wanted} is taken (${first ? 'AWS endpoint' : 'console and API'}): choose others with --port`,
      )
    await pause(100)
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
