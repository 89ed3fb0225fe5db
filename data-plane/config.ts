import { isIPv4 } from 'node:net'
import * as z from 'zod'
import { type AllowedShadows, AllowedShadowsText } from '../contract/destination.ts'

export type HostPort = { host: string; port: number }

/** `ip:port`; null when it is not that. */
export const parseHostPort = (text: string): HostPort | null => {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || !isIPv4(host) || Number(port) > 65_535) return null
  return { host, port: Number(port) }
}

const hostPort = z.string().transform((text, context): HostPort => {
  const parsed = parseHostPort(text)
  if (parsed) return parsed
  context.addIssue({
    code: 'custom',
    message: `'${text}' is not an IPv4 address with a port, like 0.0.0.0:4789`,
  })
  return z.NEVER
})

const count = (low: number, high: number) =>
  z.coerce
    .number(`must be a number from ${low} to ${high}`)
    .int(`must be a whole number from ${low} to ${high}`)
    .min(low, `must be from ${low} to ${high}`)
    .max(high, `must be from ${low} to ${high}`)

const Environment = z.object({
  SHADOWMETER_TABLE: z.string('names the control plane’s DynamoDB table').min(3),
  AWS_REGION: z.string('names the AWS region').min(1),
  AWS_ENDPOINT_URL: z.string().optional(),
  SHADOWMETER_DEPLOYMENT: z.string().min(1).default('shadowmeter'),
  SHADOWMETER_SHADOWS: AllowedShadowsText,
  SHADOWMETER_RECORDS_BUCKET: z.string().min(3).optional(),
  SHADOWMETER_LISTEN: hostPort.default({ host: '0.0.0.0', port: 4789 }),
  SHADOWMETER_LISTEN_GENEVE: hostPort.optional(),
  SHADOWMETER_HEALTH: hostPort.default({ host: '0.0.0.0', port: 8080 }),
  SHADOWMETER_NEIGHBOURS: hostPort.optional(),
  SHADOWMETER_TASK: z.string().min(1).optional(),
  ECS_CONTAINER_METADATA_URI_V4: z.url().optional(),
  SHADOWMETER_REPORT_SECONDS: count(1, 60).optional(),
  SHADOWMETER_STOP_SECONDS: count(0, 120).default(25),
  SHADOWMETER_WORKERS: count(1, 64).default(1),
})

export type TaskConfig = {
  table: string
  /** app/stage, in metrics. */
  deployment: string
  /** S3 bucket that records go to; null: nothing is recorded. */
  recordsBucket: string | null
  /** Where requests may be sent, whatever the table says. */
  allowed: AllowedShadows
  listen: HostPort
  /** Where a Gateway Load Balancer sends VXLAN inside GENEVE; null listens for none. */
  listenGeneve: HostPort | null
  health: HostPort
  /** Where other tasks ask this one which requests it has seen; null: nowhere, and it asks none. */
  neighbours: HostPort | null
  /** This task's name, or where ECS tells it. */
  task: { name: string } | { metadataUri: string }
  reportSeconds: number
  stopSeconds: number
  workers: number
}

/** An option or variable that is wrong; the message says what is right. */
export class ConfigError extends Error {}

/** What a task reads from its environment. Throws ConfigError. */
export const taskConfig = (environment: Readonly<Record<string, string | undefined>>): TaskConfig => {
  const parsed = Environment.safeParse(environment)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new ConfigError(`${String(issue?.path[0])}: ${issue?.message}`)
  }
  const env = parsed.data
  return {
    table: env.SHADOWMETER_TABLE,
    deployment: env.SHADOWMETER_DEPLOYMENT,
    recordsBucket: env.SHADOWMETER_RECORDS_BUCKET ?? null,
    allowed: env.SHADOWMETER_SHADOWS,
    listen: env.SHADOWMETER_LISTEN,
    listenGeneve: env.SHADOWMETER_LISTEN_GENEVE ?? null,
    health: env.SHADOWMETER_HEALTH,
    neighbours: env.SHADOWMETER_NEIGHBOURS ?? null,
    task: taskName(env.SHADOWMETER_TASK, env.ECS_CONTAINER_METADATA_URI_V4),
    // One report a minute is what the control plane's tick needs; a local system is looked at more closely.
    reportSeconds: env.SHADOWMETER_REPORT_SECONDS ?? (env.AWS_ENDPOINT_URL === undefined ? 60 : 2),
    stopSeconds: env.SHADOWMETER_STOP_SECONDS,
    workers: env.SHADOWMETER_WORKERS,
  }
}

const taskName = (name: string | undefined, metadataUri: string | undefined): TaskConfig['task'] => {
  if (name !== undefined) return { name }
  if (metadataUri !== undefined) return { metadataUri }
  throw new ConfigError(
    'SHADOWMETER_TASK: names this task; on ECS, ECS_CONTAINER_METADATA_URI_V4 stands for it',
  )
}
