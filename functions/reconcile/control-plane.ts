import { type ClientOptions, type Clients, makeClients } from '../clients.ts'
import type { Config } from '../config.ts'
import { type Settings, settingsFor } from '../experiments/settings.ts'
import { WritePace } from '../mirror/write-pace.ts'
import type { ScheduleHome } from '../schedule/one-time.ts'
import { PublishedConfig } from '../store/gateway-config.ts'
import { PriceBook } from '../store/prices.ts'
import { Reports } from '../store/reports.ts'
import { openTable, type Table } from '../store/table.ts'
import { TrafficMemory } from '../watch/traffic-memory.ts'

/** Structured log lines; never payloads, never credentials. */
export type Log = (level: 'info' | 'warn' | 'error', message: string, more?: Record<string, unknown>) => void

/** Everything the control plane works with, so that nothing in it reaches for the world by itself. */
export type ControlPlane = Readonly<{
  config: Config
  settings: Settings
  clients: Clients
  table: Table
  prices: PriceBook
  published: PublishedConfig
  reports: Reports
  schedules: ScheduleHome
  traffic: TrafficMemory
  /** Of calls that change something in EC2. */
  pace: WritePace
  /** Milliseconds since 1970. */
  now: () => number
  sleep: (milliseconds: number) => Promise<void>
  randomBytes: (size: number) => Uint8Array
  log: Log
}>

/** Of one writer: nobody had it before. */
export const newWriterName = ({ randomBytes }: Pick<ControlPlane, 'randomBytes'>): string =>
  Buffer.from(randomBytes(8)).toString('hex')

export type Surroundings = Pick<ControlPlane, 'now' | 'sleep' | 'randomBytes' | 'log'>

export const openControlPlane = (
  config: Config,
  surroundings: Surroundings,
  clientOptions: Omit<ClientOptions, 'region'> = {},
): ControlPlane => {
  const clients = makeClients({ region: config.region, ...clientOptions })
  const table = openTable(clients.dynamo, config.table)
  return {
    ...surroundings,
    config,
    settings: settingsFor(config.tickSeconds, config.preNoticeMinutes),
    clients,
    table,
    prices: new PriceBook(table, config.region, surroundings.now),
    published: new PublishedConfig(table),
    reports: new Reports(table),
    traffic: new TrafficMemory(),
    pace: new WritePace(surroundings.now, () => (surroundings.randomBytes(1)[0] ?? 0) / 255),
    schedules: {
      group: config.scheduleGroup,
      role: config.scheduleRole,
      deadLetters: config.deadLetters,
      controlFunction: config.controlFunction,
      cluster: config.cluster,
      service: config.service,
    },
  }
}
