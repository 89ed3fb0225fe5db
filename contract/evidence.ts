import * as z from 'zod'
import { AuditEntry } from './audit.ts'
import { DifferenceTally, Sample, UnpairedReason } from './comparison.ts'
import { Experiment, Timestamp } from './experiment.ts'
import { FilterRule } from './filter-rule.ts'
import { Ledger } from './ledger.ts'
import { NoiseList } from './noise.ts'
import { Volume } from './traffic.ts'
import { Verdict } from './verdict.ts'

/** Names the form of the package: another one when a reader of the old would be wrong about the new. */
export const EVIDENCE_SCHEMA = 'shadowmeter/evidence/2'
/** The package’s JSON Schema, beside it wherever it is. */
export const EVIDENCE_SCHEMA_FILE = 'evidence.schema.json'

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
  productionWholeMs: Milliseconds.describe('to the last byte; null when nothing was measured'),
  shadowWholeMs: Milliseconds.describe('to the last byte; null when nothing was measured'),
  controlMs: Milliseconds,
})
export type EndpointEvidence = z.output<typeof EndpointEvidence>

/** What became of the sources’ packets on their way to the experiment’s requests, stage by stage. */
const PacketPath = z.strictObject({
  sources: z
    .strictObject({
      instances: count.describe('whose metrics were read'),
      of: count.describe('instances that were mirrored'),
      mirroredBytes: count,
      skippedBytes: count.describe(
        'matched the filter, and were not mirrored because production’s own traffic came first',
      ),
    })
    .nullable()
    .describe(
      'NetworkMirrorIn and Out, NetworkSkipMirrorIn and Out of AWS/EC2, as CloudWatch had them then; null: it had nothing',
    ),
  processedBytes: count
    .nullable()
    .describe(
      'ProcessedBytes_UDP of the load balancer, of all experiments of that time; null: CloudWatch had nothing',
    ),
  datagrams: z
    .record(z.string(), count)
    .describe(
      'of all the sockets of its gateway tasks, whatever experiment they belong to: each datagram by its outcome; kernel_overflow: dropped by ' +
        'the kernel before; ring_full: how often receiving had to wait',
    ),
  packets: z.record(z.string(), count).describe('its own accepted packets, by what became of them'),
  gapBytes: count.describe('bytes of mirrored connections that never arrived'),
})
export type PacketPath = z.output<typeof PacketPath>

const GatewayCapacity = z.strictObject({
  tasks: count.describe('gateway tasks that worked for it'),
  tasksMax: count.describe('that the deployment lets run at once'),
  packetsPerSecond: z.number().describe('of one task'),
  bytesPerSecond: z.number().describe('of one task, outer headers included'),
  basis: z
    .enum(['measured', 'assumed'])
    .describe('measured: at that rate a task of this deployment lost packets'),
  sourcePeakBytesPerSecond: z.number().describe('of its sources in 14 days before; 0: not known'),
})

/** Everything a reviewer needs to check what was done and what followed from it. */
export const Evidence = z
  .strictObject({
    $schema: z.literal(EVIDENCE_SCHEMA_FILE).describe('beside the package, in the API and in the bucket'),
    schema: z.literal(EVIDENCE_SCHEMA),
    createdAt: Timestamp,
    deployment: z.string(),
    region: z.string(),
    owner: z.string().describe('whose month it is paid from'),
    versions: z.strictObject({
      shadowmeter: z.string().describe('of the control plane that made the package'),
      gateways: z.array(z.string()).describe('of the gateway tasks'),
      prices: z.string().describe('source and date of the prices'),
    }),
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
        instance: z.string().nullable(),
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
      .array(
        z.strictObject({
          task: z.string(),
          version: z.string(),
          since: Timestamp,
          at: Timestamp,
          volume: Volume,
          cut: count.describe('connections that were open when it stopped'),
        }),
      )
      .describe('every gateway task that worked for it, with its first and last report'),
    capacity: GatewayCapacity,
    path: PacketPath,
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
