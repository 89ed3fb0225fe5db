import { isIP } from 'node:net'
import { parseArgs } from 'node:util'
import { DEPENDENCIES, DEPENDENCY_ANSWERS, type Dependency } from '../contract/dependency.ts'

export type LocalOptions = {
  /** Console and API; the AWS endpoint is on the next one. 0: any two free ones. */
  port: number
  /** Demo, or an experiment of its own on `production`. */
  demo: boolean
  data: string | null
  /** Seconds from one look of the control plane to the next. */
  tick: number
  /**
   * The demo: what its shadow runs, its random numbers, how long its experiment mirrors, and how many seconds old the copy
   * of production’s data is that its shadow has (null: as new as can be, and written to).
   */
  demonstration: { release: 'next' | 'same'; seed: number; seconds: number; snapshotAge: number | null }
  own: {
    host: string
    port: number
    shadow: string
    writes: 'hold' | 'forward'
    /** Of every dependency of the shadow. */
    uses: Dependency
  } | null
}

export const DEFAULT_PORT = 4700
const DEFAULT_TICK = '5'

export const HELP = `Runs Shadowmeter on this machine: console, API, AWS endpoints, and a demo that mirrors itself.

  npm start [-- OPTIONS]

  --port PORT              console and API; the AWS endpoint is on PORT + 1 (default ${DEFAULT_PORT}; 0: any two free ports)
  --no-demo                nothing is started by itself: no demo service, no traffic, no experiment
  --release next|same      what the demo's shadow runs: the next release, or the same as production (default next)
  --seconds N              how long the demo's experiment mirrors (default 600)
  --snapshot-age N         the demo's shadow has a copy of production's data that is N seconds old, and writes are held back
  --seed N                 random numbers of the demo's traffic (default 42)
  --tick N                 the control plane looks every N seconds, 2 to 60 (default ${DEFAULT_TICK}; on AWS 60)
  --data DIR               keep all state in DIR across restarts (default: in memory)
  --production HOST:PORT   mirror this service instead of the demo: send its traffic to the address that is printed
  --shadow URL             where the mirrored requests go (with --production)
  --shadow-uses HOW        own, stub or none: what the shadow has of ${DEPENDENCIES.join(', ')} (with --shadow)
  --writes hold|forward    whether the experiment on --production forwards POST, PUT, PATCH and DELETE too (default hold)
  --help                   this text`

/** An option that is wrong; the message says what is right, in one line. */
export class OptionError extends Error {}

/** @throws OptionError */
export const parseOptions = (args: readonly string[]): LocalOptions | 'help' => {
  const values = read(args)
  if (values.help) return 'help'
  const port = Number(values.port ?? DEFAULT_PORT)
  if (!/^\d+$/.test(values.port ?? '0') || port > 65_534)
    throw new OptionError(`--port takes a number from 0 to 65534, not '${values.port}'`)
  if (values.data === '') throw new OptionError('--data takes a folder')
  return {
    port,
    demo: values['no-demo'] !== true,
    data: values.data ?? null,
    tick: tickSeconds(values),
    demonstration: demonstration(values),
    own: ownService(values),
  }
}

const read = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        'no-demo': { type: 'boolean' },
        data: { type: 'string' },
        tick: { type: 'string' },
        release: { type: 'string' },
        seconds: { type: 'string' },
        'snapshot-age': { type: 'string' },
        seed: { type: 'string' },
        production: { type: 'string' },
        shadow: { type: 'string' },
        writes: { type: 'string' },
        'shadow-uses': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    const [reason] = (error as Error).message.split(/\. |\n/)
    throw new OptionError(`${reason}; --help lists the options`)
  }
}

const tickSeconds = ({ tick = DEFAULT_TICK }: ReturnType<typeof read>): number => {
  const seconds = Number(tick)
  if (!/^\d{1,2}$/.test(tick) || seconds < 2 || seconds > 60)
    throw new OptionError(`--tick takes a whole number of seconds from 2 to 60, not '${tick}'`)
  return seconds
}

const demonstration = (values: ReturnType<typeof read>): LocalOptions['demonstration'] => {
  const { release = 'next', seconds = '600', seed = '42', 'snapshot-age': age } = values
  if (release !== 'next' && release !== 'same')
    throw new OptionError(`--release takes next or same, not '${release}'`)
  if (!/^\d{2,5}$/.test(seconds) || Number(seconds) < 20)
    throw new OptionError(`--seconds takes a number from 20 to 99999, not '${seconds}'`)
  if (!/^\d{1,9}$/.test(seed)) throw new OptionError(`--seed takes a whole number, not '${seed}'`)
  if (age !== undefined && !/^\d{1,6}$/.test(age))
    throw new OptionError(`--snapshot-age takes a number of seconds from 0 to 999999, not '${age}'`)
  return {
    release,
    seconds: Number(seconds),
    seed: Number(seed),
    snapshotAge: age === undefined ? null : Number(age),
  }
}

const ownService = (values: ReturnType<typeof read>): LocalOptions['own'] => {
  const { production, shadow, writes, 'shadow-uses': uses } = values
  if (production === undefined) {
    if (shadow !== undefined)
      throw new OptionError('--shadow needs --production HOST:PORT, the service to mirror')
    if (writes !== undefined)
      throw new OptionError('--writes needs --production HOST:PORT, the service to mirror')
    return null
  }
  const [, host = '', digits] = /^(.+):(\d{1,5})$/.exec(production) ?? []
  const port = Number(digits)
  if (!isHost(host) || !(port >= 1 && port <= 65_535))
    throw new OptionError(`--production takes HOST:PORT, like 127.0.0.1:3000, not '${production}'`)
  if (shadow === undefined)
    throw new OptionError('--production needs --shadow URL: where should the mirrored requests go?')
  if (writes !== undefined && writes !== 'hold' && writes !== 'forward')
    throw new OptionError(`--writes takes hold or forward, not '${writes}'`)
  const url = shadowUrl(shadow)
  const how = DEPENDENCY_ANSWERS.find((answer) => answer === uses)
  if (how === undefined)
    throw new OptionError(
      `--shadow needs --shadow-uses own, stub or none: what it has of ${DEPENDENCIES.join(', ')}; never production’s`,
    )
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port,
    shadow: url,
    writes: writes ?? 'hold',
    uses: how,
  }
}

const isHost = (host: string): boolean =>
  isIP(host.replace(/^\[|\]$/g, '')) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host)

const shadowUrl = (text: string): string => {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '')
    throw new OptionError(
      `--shadow takes an http or https address, like http://127.0.0.1:3001, not '${text}'`,
    )
  if (url.username !== '' || url.password !== '')
    throw new OptionError('--shadow takes an address without user name and password')
  return url.href.replace(/\/$/, '')
}
