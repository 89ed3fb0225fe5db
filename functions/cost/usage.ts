import type { Volume } from '../../contract/traffic.ts'
import type { RecordingUse } from './records.ts'

/** One mirror session that was really created. A session that is only intended is committed, not yet used. */
export type SessionUse = Readonly<{ createdAt: string; deletedAt: string | null }>

/** One gateway task that works, or worked, for the experiment. */
export type TaskUse = Readonly<{
  /** Until its last report. Seconds that n experiments shared count 1/n for each. */
  seconds: number
  running: boolean
}>

export type GatewaySize = Readonly<{ vcpus: number; memoryGb: number }>

/** Size of a gateway task unless the deployment says otherwise. */
export const GATEWAY_SIZE: GatewaySize = { vcpus: 1, memoryGb: 2 }

/** What the control plane itself used for the experiment, counted or bounded from above. */
export type ControlUse = Readonly<{
  lambdaInvocations: number
  lambdaGbSeconds: number
  apiRequests: number
  /** Metrics asked of CloudWatch. */
  metricsRead: number
  readUnits: number
  writeUnits: number
  scheduleInvocations: number
}>

/** Everything an experiment used since it began: totals, so that one lost reading loses nothing. */
export type Usage = Readonly<{
  sessions: readonly SessionUse[]
  /** As the gateways received it. */
  volume: Volume
  tasks: readonly TaskUse[]
  gatewaySize: GatewaySize
  /** Share of the mirrored bytes that cross Availability Zones, 0 to 1: see crossAzShare. */
  crossAzShare: number
  control: ControlUse
  /** Null: nothing is recorded. */
  recording: RecordingUse | null
  /** Seconds of load balancer this experiment answers for: its own time, divided among the experiments running then. */
  standingSeconds: number
}>

export const HOUR_MS = 3_600_000
