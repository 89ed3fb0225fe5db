import * as z from 'zod'
import { AuditEntry } from './audit.ts'
import { DifferenceTally, Sample, UnpairedReason } from './comparison.ts'
import { Experiment, Timestamp } from './experiment.ts'
import { FilterRule } from './filter-rule.ts'
import { Ledger } from './ledger.ts'
import { NoiseList } from './noise.ts'
import { Volume } from './traffic.ts'
import { Verdict } from './verdict.ts'

const count = z.int().nonnegative()

const Milliseconds = z
  .strictObject({ p50: z.number(), p90: z.number(), p99: z.number() })
  .nullable()
  .describe('null when nothing was measured')

/** One endpoint’s numbers. */
export const EndpointEvidence = z.strictObject({
  endpoint: z.string(),
  compared: count,
  differing: count,
  failed: count,
  drifted: count,
  controlled: count,
  repeated: count,
  statuses: z.record(z.string(), count),
  differences: z.array(DifferenceTally),
  productionMs: Milliseconds,
  shadowMs: Milliseconds,
  controlMs: Milliseconds,
})
export type EndpointEvidence = z.output<typeof EndpointEvidence>

/** Everything a reviewer needs to check what was done and what followed from it. */
export const Evidence = z
  .strictObject({
    schema: z.literal('shadowmeter/evidence/1'),
    createdAt: Timestamp,
    deployment: z.string(),
    region: z.string(),
    experiment: Experiment,
    verdict: Verdict,
    warmUp: count.describe('requests sent to the shadow while it warmed up, which were not compared'),
    endpoints: z.array(EndpointEvidence).describe('those with the most requests first'),
    unpaired: z.partialRecord(UnpairedReason, count),
    samples: z.array(Sample),
    noise: NoiseList.shape.places,
    mirrorTarget: z.string(),
    filterRules: z.array(FilterRule),
    sessions: z.array(
      z.strictObject({
        eni: z.string(),
        session: z.string().nullable(),
        number: z.int(),
        vni: z.int(),
        address: z.string(),
        availabilityZone: z.string(),
        createdAt: Timestamp.nullable(),
        deletedAt: Timestamp.nullable(),
      }),
    ),
    gateways: z
      .array(z.strictObject({ task: z.string(), since: Timestamp, at: Timestamp, volume: Volume }))
      .describe('every gateway task that worked for it, with its first and last report'),
    ledger: Ledger,
    audit: z.array(AuditEntry),
    gaps: z.array(z.string()).describe('what is known not to be known'),
  })
  .meta({ id: 'Evidence' })
export type Evidence = z.output<typeof Evidence>

export const EVIDENCE_FORMATS = ['html', 'markdown'] as const
export type EvidenceFormat = (typeof EVIDENCE_FORMATS)[number]

export const EvidencePage = z
  .strictObject({
    mediaType: z.string(),
    text: z.string(),
    sha256: z.string().describe('of the text in UTF-8'),
  })
  .meta({ id: 'EvidencePage' })
export type EvidencePage = z.output<typeof EvidencePage>
