import { parseArgs } from 'node:util'
import { ConfigError, type HostPort, parseHostPort } from './config.ts'
import { parseShadow, type Shadow } from './forward/shadow.ts'

export const USAGE =
  'gateway --shadow URL [--listen IP:PORT] [--listen-geneve IP:PORT] [--port N]... [--vni N]... [--percent N] ' +
  '[--writes forward|hold] [--health IP:PORT] [--workers N]'

export type StandaloneOptions = {
  listen: HostPort
  /** Where a Gateway Load Balancer sends VXLAN inside GENEVE; null listens for none. */
  listenGeneve: HostPort | null
  /** Service ports of production; null reads every port. */
  ports: number[] | null
  shadow: Shadow
  /** VNIs that count; null admits all. */
  vnis: number[] | null
  percent: number
  writes: 'hold' | 'forward'
  health: HostPort | null
  workers: number
}

/** Options of a gateway without a control plane. Throws ConfigError with one line that says what is right. */
export const standaloneOptions = (args: readonly string[]): StandaloneOptions => {
  const values = parsed(args)
  if (values.shadow === undefined) throw new ConfigError(`--shadow is missing; usage: ${USAGE}`)
  if (values.writes !== undefined && values.writes !== 'hold' && values.writes !== 'forward')
    throw new ConfigError(`--writes ${values.writes}: is 'forward' or 'hold'`)
  return {
    listen:
      values.listen === undefined ? { host: '0.0.0.0', port: 4789 } : address('--listen', values.listen),
    listenGeneve:
      values['listen-geneve'] === undefined ? null : address('--listen-geneve', values['listen-geneve']),
    ports: values.port?.map((port) => number('--port', port, 1, 65_535, true)) ?? null,
    shadow: shadow(values.shadow),
    vnis: values.vni?.map((vni) => number('--vni', vni, 0, 0xffffff, true)) ?? null,
    percent: values.percent === undefined ? 100 : number('--percent', values.percent, 0, 100, false),
    writes: values.writes ?? 'forward',
    health: values.health === undefined ? null : address('--health', values.health),
    workers: values.workers === undefined ? 1 : number('--workers', values.workers, 1, 64, true),
  }
}

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        listen: { type: 'string' },
        'listen-geneve': { type: 'string' },
        port: { type: 'string', multiple: true },
        shadow: { type: 'string' },
        vni: { type: 'string', multiple: true },
        percent: { type: 'string' },
        writes: { type: 'string' },
        health: { type: 'string' },
        workers: { type: 'string' },
      },
    }).values
  } catch (error) {
    const message = error instanceof Error ? error.message.split(/[.\n]/)[0] : String(error)
    throw new ConfigError(`${message}; usage: ${USAGE}`)
  }
}

const address = (option: string, text: string): HostPort => {
  const hostPort = parseHostPort(text)
  if (hostPort === null)
    throw new ConfigError(`${option} ${text}: is an IPv4 address with a port, like 127.0.0.1:4789`)
  return hostPort
}

const number = (option: string, text: string, low: number, high: number, whole: boolean): number => {
  const value = Number(text)
  if (text.trim() === '' || !(value >= low && value <= high) || (whole && !Number.isInteger(value)))
    throw new ConfigError(`${option} ${text}: is a ${whole ? 'whole ' : ''}number from ${low} to ${high}`)
  return value
}

const shadow = (url: string): Shadow => {
  try {
    return parseShadow(url)
  } catch {
    throw new ConfigError(`--shadow ${url}: is an address like http://127.0.0.1:9000`)
  }
}
