import type { Role } from '../../contract/role.ts'
import type { Config } from '../config.ts'
import type { ControlPlane } from '../reconcile/control-plane.ts'
import type { PriceBook } from '../store/prices.ts'
import type { Table } from '../store/table.ts'

/** What every operation may use, for as long as the process lives. */
export type Surroundings = Readonly<{
  config: Config
  table: Table
  prices: PriceBook
  /** With the clients of all AWS services, loaded when an operation first needs them: most only read the table. */
  plane: () => Promise<ControlPlane>
  now: () => Date
  random: (bytes: number) => Uint8Array
  /** Does at once for one experiment what the next tick would do. Never throws; gives up after some seconds. */
  hurry: (experiment: string) => Promise<void>
}>

/** What an operation is given beside its input. */
export type Context = Surroundings &
  Readonly<{
    /** Who asks: a person, a role, or the local system. */
    caller: string
    roles: readonly Role[]
    idempotencyKey: string | null
    requestId: string
  }>
