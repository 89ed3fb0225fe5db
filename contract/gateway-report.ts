import * as z from 'zod'
import { ExperimentId, Timestamp } from './experiment.ts'
import { Sketch } from './sketch-schema.ts'
import { HeldBack, Payload, RecordedCounts, Redacted, RequestCounts, Volume } from './traffic.ts'

const count = z.int().nonnegative()

/** One of several shadows; what it was offered is `received`. */
export const ShadowReport = z.object({
  requests: RequestCounts,
  latency: Sketch.exactOptional(),
  lag: Sketch.exactOptional(),
})
export type ShadowReport = z.output<typeof ShadowReport>

/**
 * What one gateway task has counted since it started: cumulative, so that a report written twice, or one lost before a
 * later one, changes nothing. One item per task and minute.
 */
export const GatewayReport = z
  .object({
    task: z.string().min(1),
    version: z.string().default('').describe('of the gateway; empty from one that does not say'),
    startedAt: Timestamp,
    at: Timestamp,
    revision: z.int().describe('the configuration this task runs; -1 before the first'),
    draining: z.boolean().default(false),
    neighbourPort: z
      .int()
      .exactOptional()
      .describe('UDP: where other tasks ask it which requests it has seen; it answers none when left out'),
    datagrams: z
      .record(z.string(), count)
      .describe(
        'every datagram in exactly one counter: accepted, or the reason why not; kernel and ring losses apart',
      ),
    experiments: z.record(
      ExperimentId,
      z.object({
        volume: Volume,
        requests: RequestCounts,
        redacted: Redacted.exactOptional(),
        heldBack: HeldBack.exactOptional(),
        recorded: RecordedCounts.exactOptional(),
        gapBytes: count.describe('bytes of mirrored connections that never arrived'),
        cut: count.default(0).describe('connections that were open when the task stopped following them'),
        packets: z.record(z.string(), count).describe('accepted packets by what became of them'),
        payload: Payload.exactOptional(),
        sources: z.record(z.string(), Volume).describe('by VNI'),
        latency: Sketch.exactOptional().describe('from sending a request to the head of the shadow’s answer'),
        lag: Sketch.exactOptional().describe('from the capture of a request’s last byte to its sending'),
        shadows: z
          .record(z.string(), ShadowReport)
          .exactOptional()
          .describe('each of several shadows by its name, copies of requests included'),
      }),
    ),
  })
  .meta({ id: 'GatewayReport' })
export type GatewayReport = z.output<typeof GatewayReport>
