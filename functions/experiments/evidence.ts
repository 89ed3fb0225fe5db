import type { AuditEntry } from '../../contract/audit.ts'
import type { Comparison, EndpointTally } from '../../contract/comparison.ts'
import {
  type EndpointEvidence,
  EVIDENCE_SCHEMA,
  EVIDENCE_SCHEMA_FILE,
  type Evidence,
  type PacketPath,
} from '../../contract/evidence.ts'
import type { Ledger } from '../../contract/ledger.ts'
import type { NoiseDecision } from '../../contract/noise.ts'
import { ownerOf } from '../../contract/owner.ts'
import { RESOURCE_NAMES, RESOURCES } from '../../contract/resource.ts'
import { quantile, type Sketch } from '../../contract/sketch.ts'
import type { Verdict } from '../../contract/verdict.ts'
import { VERSION } from '../../contract/version.ts'
import type { Config } from '../config.ts'
import { filterRules } from './filter-rules.ts'
import { capacityOf, type Fleet } from './fleet.ts'
import { decisionsOf, noiseList } from './noise.ts'
import type { ExperimentRecord, SessionRecord } from './record.ts'

type Parts = {
  record: ExperimentRecord
  comparison: Comparison
  decisions: readonly NoiseDecision[]
  verdict: Verdict
  sessions: readonly SessionRecord[]
  tasks: readonly Evidence['gateways'][number][]
  ledger: Ledger
  audit: AuditEntry[]
  fleet: Fleet
  path: PacketPath
  config: Pick<Config, 'deployment' | 'region' | 'mirrorTarget' | 'gatewaysMax'>
}

/** Puts together what is known of an experiment. What requests and answers said is in its samples only, masked. */
export const evidenceOf = (parts: Parts, now: Date): Evidence => {
  const { record, comparison, decisions, verdict, sessions, tasks, ledger, audit, fleet, path, config } =
    parts
  const { experiment, life } = record
  return {
    $schema: EVIDENCE_SCHEMA_FILE,
    schema: EVIDENCE_SCHEMA,
    createdAt: now.toISOString(),
    deployment: config.deployment,
    region: config.region,
    owner: ownerOf(experiment),
    versions: {
      shadowmeter: VERSION,
      gateways: [...new Set(tasks.map(({ version }) => version).filter((version) => version !== ''))],
      prices: ledger.pricesFrom,
    },
    experiment,
    verdict,
    endpoints: comparison.endpoints.toSorted((a, b) => b.compared - a.compared).map(endpointEvidence),
    warmUp: comparison.warmUp,
    unpaired: comparison.unpaired,
    samples: comparison.samples,
    noise: noiseList(comparison.endpoints, decisionsOf(experiment, decisions)),
    mirrorTarget: config.mirrorTarget,
    filterRules: filterRules(experiment.spec),
    sessions: sessions.map(
      ({ eni, instance, session, number, vni, address, availabilityZone, createdAt, deletedAt }) => ({
        eni,
        instance,
        session,
        number,
        vni,
        address,
        availabilityZone,
        createdAt,
        deletedAt,
      }),
    ),
    gateways: tasks.map(({ task, version, since, at, volume, cut }) => ({
      task,
      version,
      since,
      at,
      volume,
      cut,
    })),
    capacity: {
      tasks: tasks.length,
      tasksMax: config.gatewaysMax,
      packetsPerSecond: capacityOf(fleet).packetsPerSecond,
      bytesPerSecond: capacityOf(fleet).bytesPerSecond,
      basis: fleet.measured === null ? 'assumed' : 'measured',
      sourcePeakBytesPerSecond: life.peakBytesPerSecond,
    },
    path,
    ledger,
    audit,
    gaps: gapsOf(parts),
  }
}

const endpointEvidence = (tally: EndpointTally): EndpointEvidence => {
  const {
    production,
    shadow,
    control,
    productionWhole,
    shadowWhole,
    slower: _s,
    faster: _f,
    slowerThanControl: _sc,
    fasterThanControl: _fc,
    ages: _a,
    ...counts
  } = tally
  return {
    ...counts,
    productionMs: quantilesOf(production),
    shadowMs: quantilesOf(shadow),
    productionWholeMs: quantilesOf(productionWhole),
    shadowWholeMs: quantilesOf(shadowWhole),
    controlMs: quantilesOf(control),
  }
}

const quantilesOf = (sketch: Sketch): EndpointEvidence['productionMs'] => {
  const at = (q: number): number => Math.round(100_000 * (quantile(sketch, q) ?? 0)) / 100
  return sketch.length === 0 ? null : { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
}

/** Of an endpoint’s answers. */
const MOST = 0.5

/** What the numbers do not say, each in a sentence. */
const gapsOf = ({ record, comparison, verdict, path }: Parts): string[] => {
  const { spec, requests, outcome, gaps, cutConnections, leftOutPackets } = record.experiment
  const { thresholds } = verdict
  const few = comparison.endpoints.filter(({ compared }) => compared < thresholds.minimumSamples)
  const unpaired = Object.values(comparison.unpaired).reduce((sum, count) => sum + count, 0)
  const compared = verdict.resources.filter(({ state }) => state === 'compared')
  const notCompared = RESOURCE_NAMES.filter(
    (resource) => !compared.some((one) => one.resource === resource),
  ).map((resource) => RESOURCES[resource].name)
  const is = (holds: boolean, text: string): string[] => (holds ? [text] : [])
  return [
    ...is(!verdict.final, 'The experiment is not over: more will be seen.'),
    ...is(
      outcome !== null && outcome !== 'completed',
      `It ended before its window did: ${outcome}. What comes later in the day was not seen.`,
    ),
    ...is(spec.requests.writes === 'hold', 'Writes were held back: nothing is known about them.'),
    ...is(
      spec.requests.percent < 100,
      `The shadow was sent ${spec.requests.percent} % of the requests only.`,
    ),
    ...is(requests.held_back > 0, `${requests.held_back} requests were held back and are in no comparison.`),
    ...is(requests.incomplete > 0, `${requests.incomplete} requests were not captured whole.`),
    ...is(requests.dropped > 0, `${requests.dropped} requests were dropped before they reached the shadow.`),
    ...is(
      comparison.warmUp > 0,
      `${comparison.warmUp} requests were sent while the shadow warmed up, and not compared.`,
    ),
    ...comparison.endpoints
      .filter(({ drifted, compared }) => drifted > MOST * compared)
      .map(
        ({ endpoint, drifted, compared }) =>
          `${drifted} of ${compared} answers of ${endpoint} differ by older data: little is known of what it says.`,
      ),
    ...is(unpaired > 0, `${unpaired} requests were sent to the shadow and could not be compared.`),
    ...is(
      few.length > 0,
      `Not judged, for want of requests: ${few.map(({ endpoint, compared }) => `${endpoint} (${compared})`).join(', ')}.`,
    ),
    ...is(
      record.experiment.mirroringSince !== null && path.sources === null,
      'What the sources mirrored and skipped is not known: CloudWatch had none of it.',
    ),
    ...is(
      path.sources !== null && path.sources.instances < path.sources.of,
      `What was mirrored and skipped is known of ${path.sources?.instances} of ${path.sources?.of} instances.`,
    ),
    ...is(
      (path.sources?.skippedBytes ?? 0) > 0,
      `The sources skipped ${path.sources?.skippedBytes} bytes that were to be mirrored.`,
    ),
    ...is(cutConnections > 0, `${cutConnections} connections were cut when gateways were replaced.`),
    ...is(
      leftOutPackets > 0,
      `${leftOutPackets} packets were not read: the gateways had too much to do, and other experiments their share of them.`,
    ),
    ...gaps.map(({ since, until, what }) => `Not seen whole from ${since} to ${until ?? 'now'}: ${what}`),
    ...is(
      spec.traffic.packetLength !== undefined,
      `Packets were cut to ${spec.traffic.packetLength} bytes: what did not fit was not compared.`,
    ),
    ...is(
      spec.shadow.control === undefined,
      'There was no control: latency against production informs and fails nothing.',
    ),
    ...is(
      spec.shadow.control !== undefined && verdict.measurement.errorMs === null,
      'Too little is known of the ways to shadow and control: latency informs and fails nothing.',
    ),
    ...is(
      notCompared.length > 0,
      `Not compared, of what production and the shadow use: ${notCompared.join(', ')}.`,
    ),
  ]
}
