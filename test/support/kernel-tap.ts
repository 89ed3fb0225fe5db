import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { findProgram, programPath } from './program.ts'

/**
 * The Linux kernel as a mirror: `tc` copies every TCP packet of a production port, both ways, into a VXLAN device.
 *
 *   client 10.20.0.2 ──veth── 10.20.0.1 production 10.30.0.1 ──veth── 10.30.0.2 gateway
 *                              (its p0 is the mirrored interface)
 */

export const PRODUCTION_ADDRESS = '10.20.0.1'
export const PRODUCTION_PORT = 8080
export const GATEWAY_ADDRESS = '10.30.0.2'
export const VXLAN_PORT = 4789

/**
 * The most that comes at once on the mirror network, and that waits for its turn. A socket's default buffer then lasts
 * while a busy machine does not schedule its reader: about 40 ms at 25 Mbit/s.
 */
const MIRROR_QUEUE = ['burst', '12kb', 'limit', '16mb']
/** Room for VXLAN around the largest packet: 50 bytes, and the same again to spare. */
const MIRROR_MTU = 9100
const VXLAN_MTU = 9050

export type Place = 'client' | 'production' | 'gateway'

export type KernelTapOptions = {
  /** MTU of the production network. */
  mtu: number
  vni: number
  /** Bandwidth of the mirror network. */
  mirrorMbit: number
}

/** Why this machine's kernel cannot be the tap; null when it can. */
export const kernelTapUnavailable = async (): Promise<string | null> => {
  if (process.platform !== 'linux') return 'network namespaces need Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  for (const [tool, debianPackage] of TOOLS) {
    const { why } = await findProgram([tool], debianPackage)
    if (why !== null) return why
  }
  try {
    new KernelTap({ mtu: 1500, vni: 1, mirrorMbit: 25 }).close()
    return null
  } catch (error) {
    const text = String(error)
    if (LACKING.test(text)) return text.trim().split('\n').at(-1) ?? text
    throw error
  }
}

const TOOLS = [
  ['ip', 'iproute2'],
  ['tc', 'iproute2'],
  ['nft', 'nftables'],
] as const

/** What a kernel or a container says that has no part for this, as opposed to a mistake of ours. */
const LACKING = /not permitted|permission denied|unknown device type|not supported|qdisc kind is unknown/i

/** Namespaces of a run that was killed: its process id is in their names. */
const PREFIX = 'smtap'

export class KernelTap {
  readonly #id = `${PREFIX}-${process.pid}-${randomInt(0x1000000).toString(16)}`
  readonly #children = new Set<ChildProcess>()
  readonly #onExit = () => this.#deleteNamespaces()

  /** Builds the networks; leaves nothing behind when that fails. */
  constructor(options: KernelTapOptions) {
    deleteAbandoned()
    process.once('exit', this.#onExit)
    try {
      this.#build(options)
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Starts a program inside one of the namespaces. It is ended with the tap at the latest. */
  spawn(place: Place, command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.namespace(place), command, ...args], {
      ...options,
      env: { ...process.env, ...options.env, PATH: programPath() },
    })
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }

  /** From now on the gateway's namespace drops this many per cent of the mirrored packets, by chance. */
  lose(percent: number): void {
    const rules = `table ip mirror {
      chain loss {
        type filter hook input priority 0;
        udp dport ${VXLAN_PORT} numgen random mod 100 < ${percent} counter drop
      }
    }`
    tool('ip', ['netns', 'exec', this.namespace('gateway'), 'nft', '-f', '-'], rules)
  }

  /** Packets that `lose` has dropped. */
  get lost(): number {
    const rules = tool('ip', ['netns', 'exec', this.namespace('gateway'), 'nft', 'list', 'ruleset'])
    return Number(/counter packets (\d+)/.exec(rules)?.[1] ?? 0)
  }

  /** Packets that the kernel has copied. */
  get mirrored(): number {
    const links = JSON.parse(tool('ip', [...this.#in('production'), '-s', '-j', 'link', 'show', 'mirror0']))
    return links[0].stats64.tx.packets
  }

  /** Copies that still wait for their turn on the mirror network. */
  get waiting(): number {
    const queues = JSON.parse(
      tool('tc', ['-s', '-j', ...this.#in('production'), 'qdisc', 'show', 'dev', 'u0']),
    )
    return queues[0].qlen
  }

  namespace(place: Place): string {
    return `${this.#id}-${place[0]}`
  }

  close(): void {
    process.removeListener('exit', this.#onExit)
    for (const child of this.#children) child.kill('SIGKILL')
    this.#deleteNamespaces()
  }

  #in(place: Place): string[] {
    return ['-n', this.namespace(place)]
  }

  #build({ mtu, vni, mirrorMbit }: KernelTapOptions): void {
    const ip = (place: Place, ...args: (string | number)[]) =>
      tool('ip', [...this.#in(place), ...args.map(String)])
    const tc = (...args: (string | number)[]) => tool('tc', [...this.#in('production'), ...args.map(String)])

    for (const place of ['client', 'production', 'gateway'] as const) {
      tool('ip', ['netns', 'add', this.namespace(place)])
      ip(place, 'link', 'set', 'lo', 'up')
    }
    const link = (name: string, peer: string, place: Place, size: number) => {
      const end = ['peer', 'name', peer, 'mtu', size, 'netns', this.namespace(place)]
      ip('production', 'link', 'add', name, 'mtu', size, 'type', 'veth', ...end)
    }
    const up = (place: Place, name: string, address: string) => {
      ip(place, 'addr', 'add', `${address}/24`, 'dev', name)
      ip(place, 'link', 'set', name, 'up')
    }
    link('p0', 'c0', 'client', mtu)
    up('production', 'p0', PRODUCTION_ADDRESS)
    up('client', 'c0', '10.20.0.2')
    link('u0', 'g0', 'gateway', MIRROR_MTU)
    up('production', 'u0', '10.30.0.1')
    up('gateway', 'g0', GATEWAY_ADDRESS)
    tc('qdisc', 'add', 'dev', 'u0', 'root', 'tbf', 'rate', `${mirrorMbit}mbit`, ...MIRROR_QUEUE)

    // One source port for both directions of a connection, as the mirroring of AWS has it; no checksum, no learning.
    const ends = ['local', '10.30.0.1', 'remote', GATEWAY_ADDRESS, 'dev', 'u0', 'dstport', VXLAN_PORT]
    const options = ['srcport', 65500, 65501, 'nolearning', 'noudpcsum']
    const network = ['mtu', VXLAN_MTU, 'type', 'vxlan', 'id', vni]
    ip('production', 'link', 'add', 'mirror0', ...network, ...ends, ...options)
    // The device shall carry copies only: no neighbour discovery of its own.
    ip('production', 'link', 'set', 'mirror0', 'addrgenmode', 'none')
    ip('production', 'link', 'set', 'mirror0', 'up')

    tc('qdisc', 'add', 'dev', 'p0', 'clsact')
    const copy = ['action', 'mirred', 'egress', 'mirror', 'dev', 'mirror0']
    for (const [direction, side] of [
      ['ingress', 'dport'],
      ['egress', 'sport'],
    ] as const) {
      const match = ['match', 'ip', 'protocol', 6, '0xff', 'match', 'ip', side, PRODUCTION_PORT, '0xffff']
      const filter = ['filter', 'add', 'dev', 'p0', direction, 'protocol', 'ip', 'prio', 1, 'u32']
      tc(...filter, ...match, ...copy)
    }
    // Segmentation offload would have several packets mirrored as one that no wire carries.
    ip('client', 'link', 'set', 'c0', 'gso_max_segs', 1)
    ip('production', 'link', 'set', 'p0', 'gso_max_segs', 1)
  }

  #deleteNamespaces(): void {
    const mine = namespaces().filter((name) => name.startsWith(`${this.#id}-`))
    for (const name of mine) tool('ip', ['netns', 'del', name])
  }
}

const deleteAbandoned = (): void => {
  for (const name of namespaces()) {
    const [prefix, pid] = name.split('-')
    if (prefix === PREFIX && !existsSync(`/proc/${pid}`)) tool('ip', ['netns', 'del', name])
  }
}

/** Namespaces of this process that are still there. */
export const ownNamespaces = (): string[] =>
  namespaces().filter((name) => name.startsWith(`${PREFIX}-${process.pid}-`))

const namespaces = (): string[] =>
  tool('ip', ['netns', 'list'])
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name !== '')

const tool = (command: string, args: readonly string[], input?: string): string =>
  execFileSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: programPath() },
    ...(input !== undefined && { input }),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
