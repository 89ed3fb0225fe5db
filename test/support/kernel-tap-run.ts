import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { inNamespace } from './gateway-container.ts'
import { GATEWAY_ADDRESS, KernelTap, VXLAN_PORT } from './kernel-tap.ts'
import { expectedRecord, plannedConnections, type RecordedRequest } from './kernel-tap-requests.ts'

const VNI = 5_569_041
const SHADOW_PORT = 9000
const RELAYED_PORT = 4790
/** Long enough for every late packet that reassembly still waits for. */
const QUIET_MS = 300
/** Each takes some seconds. */
const ATTEMPTS = 6
/** Bandwidth of the mirror network in the first attempt. */
const MIRROR_MBIT = 24

/** What the gateway prints at its end, as far as it is looked at here. */
type Summary = {
  datagrams: Record<string, number>
  requests: { received: number; forwarded: number; incomplete: number; reasons: Record<string, number> }
  gapBytes: number
  violations: string[]
}

/** What the client sends. */
export const sent = plannedConnections().flatMap(({ requests }) => requests.map(expectedRecord))

/** Datagrams that reached the gateway's socket: each was received, or dropped by the kernel and counted by it. */
const arrivals = ({ datagrams }: Summary) => (datagrams.received ?? 0) + (datagrams.kernel_overflow ?? 0)

/** What should have arrived and did not, and what arrived and should not have; a few of each. */
export const differences = (arrived: readonly RecordedRequest[]) => {
  const missing = new Set(sent.map((record) => JSON.stringify(record)))
  const unexpected = arrived.map((record) => JSON.stringify(record)).filter((text) => !missing.delete(text))
  return { missing: [...missing].slice(0, 3), unexpected: unexpected.slice(0, 3) }
}
export const NONE = { missing: [], unexpected: [] }

export type RunOptions = {
  /** MTU of the production network. */
  mtu: number
  /** Percent of the mirrored packets that are lost. */
  loss?: number
  /** Packets go through a relay that delays and repeats them. */
  relaySeed?: number
  /** A container image instead of the sources. */
  image: string | null
}

/**
 * Lets the kernel mirror a client's requests to a gateway. Again, at half the bandwidth, when the kernel itself had to drop
 * packets because nobody read them: the machine is too busy to say.
 */
export const runKernelTap = async (options: RunOptions, opened: (tap: KernelTap) => void) => {
  for (let attempt = 1; ; attempt++) {
    const tap = new KernelTap({ mtu: options.mtu, vni: VNI, mirrorMbit: MIRROR_MBIT / 2 ** (attempt - 1) })
    opened(tap)
    const observed = await observe(tap, options)
    const { summary, reached, mirrored, relayed } = observed
    expect(arrivals(summary)).toBe(reached)
    const overflow = (summary.datagrams.kernel_overflow ?? 0) + mirrored - (relayed?.received ?? mirrored)
    if (overflow === 0 || attempt === ATTEMPTS) return observed
    console.info(`the kernel dropped ${overflow} packets that it had no room for: once more, slower`)
    tap.close()
  }
}

type Relayed = { received: number; sent: number; late: number }

/** Lets the client send everything once, and says what came of it. */
const observe = async (tap: KernelTap, { loss, relaySeed, image }: RunOptions) => {
  const shadow: RecordedRequest[] = []
  const port = relaySeed === undefined ? VXLAN_PORT : RELAYED_PORT
  const [gateway, shadowProcess] = await Promise.all([
    startGateway(tap, `${GATEWAY_ADDRESS}:${port}`, image),
    startListening(tap, 'gateway', 'kernel-tap-shadow.ts', [SHADOW_PORT]),
    startListening(tap, 'production', 'kernel-tap-production.ts', []),
  ])
  shadowProcess.on('message', (record: RecordedRequest) => shadow.push(record))
  const relay =
    relaySeed === undefined
      ? null
      : await startListening(
          tap,
          'gateway',
          'kernel-tap-relay.ts',
          [...[GATEWAY_ADDRESS, VXLAN_PORT], ...[GATEWAY_ADDRESS, RELAYED_PORT, relaySeed]],
          urgent,
        )
  if (loss !== undefined) tap.lose(loss)

  const client = tap.spawn('client', process.execPath, [script('kernel-tap-client.ts')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [exitCode] = await once(client, 'exit')
  expect(exitCode).toBe(0)
  await settled(() => [shadow.length, tap.mirrored, tap.waiting])
  relay?.send('counters')
  const relayed: Relayed | null = relay && (await once(relay, 'message'))[0]

  const summary = await gateway.stop()
  await settled(() => [shadow.length])
  const { mirrored } = tap
  const lost = loss === undefined ? 0 : tap.lost
  return { shadow, summary, relayed, mirrored, lost, reached: relayed?.sent ?? mirrored - lost }
}

const script = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url))

const startListening = async (
  tap: KernelTap,
  place: 'production' | 'gateway',
  name: string,
  args: readonly (string | number)[],
  program = asIs,
): Promise<ChildProcess> => {
  const child = tap.spawn(place, ...program(process.execPath, [script(name), ...args.map(String)]), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await once(child, 'message')
  return child
}

const startGateway = async (tap: KernelTap, listen: string, image: string | null) => {
  const options = ['--listen', listen, '--port', '8080', '--shadow', `http://127.0.0.1:${SHADOW_PORT}`]
  const main = fileURLToPath(new URL('../../data-plane/main.ts', import.meta.url))
  const stdio = { stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'] }
  const child = image
    ? spawn('nice', ['-n', '-20', 'podman', ...inNamespace(image, tap.namespace('gateway'), options)], stdio)
    : tap.spawn('gateway', ...urgent(process.execPath, [main, ...options]), stdio)
  const { stdout } = child
  if (stdout === null) throw new Error('the gateway has no output')
  const [ready] = await once(stdout, 'data')
  expect(String(ready)).toContain(`gateway ready on udp ${listen}`)
  const rest = text(stdout)
  return {
    stop: async (): Promise<Summary> => {
      child.kill('SIGTERM')
      return JSON.parse(await rest)
    },
  }
}

type Program = [command: string, args: string[]]
const asIs = (command: string, args: string[]): Program => [command, args]

/** Receiving before anything else, where that may be asked for: the cores of a machine that runs tests are busy. */
const urgent = (command: string, args: string[]): Program =>
  spawnSync('chrt', ['--rr', '1', 'true']).status === 0
    ? ['chrt', ['--rr', '1', command, ...args]]
    : [command, args]

/** Waits until none of these numbers has changed for a while. */
const settled = async (read: () => number[]): Promise<void> => {
  for (let before = '', now = String(read()); now !== before; now = String(read())) {
    before = now
    await sleep(QUIET_MS)
  }
}
