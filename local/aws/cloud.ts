import type { Clock } from './clock.ts'
import type { Switches } from './switches.ts'
import type { WorldDeclaration } from './world.ts'

export type CloudOptions = {
  /** 0 takes a free one. */
  port: number
  /** Default 127.0.0.1. */
  host?: string
  world: WorldDeclaration
  switches?: Partial<Switches>
  /** Folder for all state, made when missing. Without it everything is in memory. */
  dataDir?: string
  /** Where the Lambda Invoke API answers, for schedules with a function as target: http://host:port */
  lambdaEndpoint?: string
  clock?: Clock
}

export type Cloud = {
  /** http://host:port of all services. */
  address: string
  /** Stops schedules and tasks, writes the state, closes the port. */
  close(): Promise<void>
}

export declare function startCloud(options: CloudOptions): Promise<Cloud>
