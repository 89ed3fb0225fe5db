import * as z from 'zod'
import { Comparing } from './comparing.ts'
import { ExperimentId, Timestamp } from './experiment.ts'
import { ShadowSpec } from './forwarding.ts'
import { Redaction } from './redaction.ts'
import { PERCENT_MAX, Selection } from './selection.ts'
import { EniId } from './source.ts'

/** One mirrored ENI: its VNI counts only while it is listed, and only from its own address. */
export const GatewaySource = z.strictObject({
  vni: z.int().min(1).max(0xffffff),
  eni: EniId,
  address: z.union([z.ipv4(), z.ipv6()]).describe('outer source address of its datagrams'),
  mac: z.string().describe('tells the direction of a packet: inner destination = towards production'),
})
export type GatewaySource = z.output<typeof GatewaySource>

const { resources: _, ...comparing } = Comparing.shape

export const GatewayComparing = z.strictObject({
  ...comparing,
  warmUpSeconds: comparing.warmUpSeconds.unwrap().default(0),
  stage: z.int().min(1).default(1).describe('of its ramp: each has a warm-up of its own'),
})
export type GatewayComparing = z.output<typeof GatewayComparing>

export const GatewayExperiment = z.strictObject({
  id: ExperimentId,
  ports: z.array(z.int().min(1).max(65535)).nullable().describe('null: every TCP port'),
  shadow: ShadowSpec,
  percent: z.number().min(0).max(PERCENT_MAX),
  writes: z.enum(['hold', 'forward']),
  select: Selection.prefault({}),
  compare: z
    .boolean()
    .default(false)
    .describe(
      'whether the shadow’s answers are compared with production’s responses, which are then mirrored too',
    ),
  comparing: GatewayComparing.prefault({}),
  paired: z
    .boolean()
    .default(true)
    .describe('false while another set of gateways takes over: nothing is paired, and so compared'),
  redaction: z
    .strictObject({
      settings: Redaction.prefault({}),
      key: z
        .base64()
        .nullable()
        .default(null)
        .describe('of its pseudonyms; gone from here when it has ended'),
    })
    .prefault({}),
  record: z
    .strictObject({
      bytes: z.int().positive().describe('of all gateway tasks together'),
      until: Timestamp,
    })
    .exactOptional()
    .describe('what is forwarded is written down, up to so much of it; nothing is when left out'),
  bothEnds: z
    .boolean()
    .default(false)
    .describe(
      'a connection between two of the sources is mirrored whole at both of its ends: one copy is read',
    ),
  tasks: z.int().min(1).default(1).describe('gateway tasks that share what is allowed a second'),
  until: Timestamp.describe('nothing is forwarded after it, whatever the control plane says or fails to say'),
  production: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .default([])
    .describe('addresses of the load balancers before the sources: nothing is forwarded there'),
  sources: z.array(GatewaySource),
})
export type GatewayExperiment = z.output<typeof GatewayExperiment>

/** What every gateway task runs, whole: tasks know nothing that is not in here. */
export const GatewayConfig = z.strictObject({
  revision: z.int().nonnegative(),
  experiments: z.array(GatewayExperiment),
})
export type GatewayConfig = z.output<typeof GatewayConfig>

/** The small item that a task reads every two seconds; the configuration follows in chunks only when it changed. */
export const ConfigRevision = z.object({
  revision: z.int().nonnegative(),
  /** Whose pieces it is made of. */
  writer: z.string().min(1),
  chunks: z.int().min(1),
  updatedAt: Timestamp,
})
export type ConfigRevision = z.output<typeof ConfigRevision>

/** A DynamoDB item holds 400 KB: the JSON text is cut below that. */
export const CONFIG_CHUNK_LENGTH = 300_000

export const toChunks = (config: GatewayConfig): string[] => {
  const text = JSON.stringify(config)
  const chunks: string[] = []
  for (let at = 0; at < text.length; at += CONFIG_CHUNK_LENGTH)
    chunks.push(text.slice(at, at + CONFIG_CHUNK_LENGTH))
  return chunks
}

export const fromChunks = (chunks: readonly string[]): GatewayConfig =>
  GatewayConfig.parse(JSON.parse(chunks.join('')))
