import { curlOf } from '../../contract/curl.ts'
import type { EndpointEvidence, Evidence } from '../../contract/evidence.ts'
import { RESOURCES } from '../../contract/resource.ts'
import type { Reason } from '../../contract/verdict.ts'
import { runSections } from './evidence-run-sections.ts'
import { type Section, section, table } from './evidence-section.ts'
import { percentText } from './judge-endpoint.ts'
import { figureText } from './judge-resources.ts'

/** The package as it is read: what HTML and Markdown show, number by number the same. */
export const evidenceSections = (evidence: Evidence): Section[] => [
  verdictSection(evidence),
  endpointSection(evidence),
  ...resourceSection(evidence),
  differenceSection(evidence),
  noiseSection(evidence),
  exampleSection(evidence),
  measurementSection(evidence),
  coverageSection(evidence),
  section('What is not known', evidence.gaps),
  ...runSections(evidence),
]

export const evidenceTitle = ({ experiment, verdict }: Evidence): string =>
  `${OUTCOME[verdict.outcome]}: ${experiment.spec.name}`

const OUTCOME = { pass: 'Pass', fail: 'Fail', inconclusive: 'Inconclusive' }

const verdictSection = ({ verdict, experiment, createdAt }: Evidence): Section => {
  const { id, createdBy, mirroringSince, endedAt, outcome } = experiment
  return section(
    'Verdict',
    [
      `${OUTCOME[verdict.outcome]}. ${verdict.sentence}`,
      `Experiment ${id}, asked for by ${createdBy}; mirroring since ${mirroringSince ?? '–'}, ended ${endedAt ?? 'not yet'}` +
        `${outcome === null ? '' : ` (${outcome})`}. As of ${createdAt}.`,
    ],
    table(
      ['Reason', 'Effect', 'Measured', '95 % interval', 'Threshold', 'Samples'],
      verdict.reasons.map((reason) => [
        reason.sentence,
        reason.effect,
        reason.measured ? inUnit(reason, reason.measured.value) : '–',
        reason.measured
          ? `${inUnit(reason, reason.measured.low)} – ${inUnit(reason, reason.measured.high)}`
          : '–',
        reason.threshold === null ? '–' : inUnit(reason, reason.threshold),
        String(reason.samples),
      ]),
    ),
  )
}

const inUnit = ({ rule }: Reason, value: number): string =>
  rule === 'latency' || rule === 'slower-everywhere'
    ? `${value.toFixed(1)} ms`
    : percentText(Math.max(0, value))

const endpointSection = ({ endpoints }: Evidence): Section =>
  section(
    'Endpoints',
    [],
    table(
      [
        'Endpoint',
        'Compared',
        'Differing',
        'Drift',
        'No answer',
        'Production p50, p99 (ms)',
        'Shadow p50, p99 (ms)',
        'Control p50, p99 (ms)',
        'To the last byte: production p50, p99 (ms)',
        'To the last byte: shadow p50, p99 (ms)',
      ],
      endpoints.map((one) => [
        one.endpoint,
        String(one.compared),
        String(one.differing),
        String(one.drifted),
        String(one.failed),
        milliseconds(one.productionMs),
        milliseconds(one.shadowMs),
        milliseconds(one.controlMs),
        milliseconds(one.productionWholeMs),
        milliseconds(one.shadowWholeMs),
      ]),
    ),
  )

const resourceSection = ({ verdict: { resources }, experiment }: Evidence): Section[] => {
  const asked = experiment.spec.compare?.resources
  if (asked === undefined || resources.length === 0) return []
  return [
    section(
      'Resources',
      [
        `Per 1,000 requests of a period of ${asked.periodSeconds} s, each in its metric’s own unit; how often the shadow’s is that of what it is judged against.`,
        ...resources.map(({ says }) => says),
      ],
      table(
        [
          'Resource',
          'Production',
          'Control',
          'Shadow',
          'Judged against',
          'Times',
          '95 % interval',
          'Periods',
          'Shadow’s requests',
        ],
        resources.map((one) => [
          RESOURCES[one.resource].name,
          figureText(one.production),
          figureText(one.control),
          figureText(one.shadow),
          one.against,
          one.ratio === null ? '–' : one.ratio.value.toFixed(2),
          one.ratio === null ? '–' : `${one.ratio.low.toFixed(2)} – ${one.ratio.high.toFixed(2)}`,
          String(one.periods),
          String(one.requests),
        ]),
      ),
    ),
  ]
}

const milliseconds = (quantiles: EndpointEvidence['productionMs']): string =>
  quantiles === null ? '–' : `${quantiles.p50}, ${quantiles.p99}`

const differenceSection = ({ endpoints }: Evidence): Section =>
  section(
    'Differences',
    [
      'By chance: how often the control’s answers, or without one production’s own repeated ones, differ from production’s there. Volatile: only times, ids or signatures do. ' +
        'Drift: the shadow’s data is older there.',
    ],
    table(
      ['Endpoint', 'Kind', 'Where', 'Number', 'By chance', 'Volatile', 'Drift'],
      endpoints.flatMap(({ endpoint, differences, repeated, controlled }) =>
        differences.map(({ kind, path, count, controls, repeats, shaped, drifted }) => [
          endpoint,
          kind,
          path,
          String(count),
          controlled > 0 ? `${controls} of ${controlled}` : `${repeats} of ${repeated}`,
          String(shaped),
          String(drifted),
        ]),
      ),
    ),
  )

const noiseSection = ({ noise }: Evidence): Section =>
  section(
    'Noise',
    [
      'Confirmed says nothing about the release; rejected is not excused by chance; learned is as the traffic tells.',
    ],
    table(
      ['Endpoint', 'Kind', 'Where', 'Decision', 'By', 'When'],
      noise
        .filter(
          ({ decision, chance, volatile }) =>
            decision !== 'learned' || (chance?.found ?? 0) > 0 || volatile > 0,
        )
        .map(({ endpoint, kind, path, decision, by, at }) => [
          endpoint,
          kind,
          path,
          decision,
          by ?? '–',
          at ?? '–',
        ]),
    ),
  )

const exampleSection = ({ samples, experiment }: Evidence): Section =>
  section(
    'Examples',
    [
      'To be found in the logs of both by id, time and addresses; asked again with curl where the request was kept, masked.',
    ],
    table(
      [
        'When',
        'Endpoint',
        'Kind',
        'Where',
        'Request id',
        'Trace id',
        'Client',
        'Server',
        'Production',
        'Shadow',
        'Ask again',
      ],
      samples.map((sample) => {
        const { at, endpoint, kind, path, requestId, traceId, client, production, shadow } = sample
        return [
          at,
          endpoint,
          kind,
          path,
          requestId ?? '–',
          traceId ?? '–',
          client,
          production.server,
          `${production.status} in ${production.milliseconds} ms`,
          `${shadow.status} in ${shadow.milliseconds} ms`,
          curlOf(sample, experiment.spec.shadow.url) ?? '–',
        ]
      }),
    ),
  )

const coverageSection = ({ verdict }: Evidence): Section => {
  const { funnel, lostShare, received } = verdict.coverage
  return section(
    'Coverage',
    [`${percentText(lostShare)} of the requests seen were lost in the gateway.`],
    table(
      ['Requests', 'Number', 'Share'],
      funnel.map(({ kind, says, count }) => [
        `${FUNNEL[kind]}${says}`,
        String(count),
        percentText(count / Math.max(1, received)),
      ]),
    ),
  )
}

const FUNNEL = { step: '', loss: 'Not: ', part: 'Of these: ' }

const measurementSection = ({ verdict: { measurement } }: Evidence): Section => {
  const { source, shadow, control, errorMs } = measurement
  const ways = [
    ['SYN to SYN-ACK at the sources', source],
    ['connecting to the shadow', shadow],
    ['connecting to the control', control],
  ] as const
  return section(
    'How well latency was measured',
    [
      errorMs === null
        ? 'Latency informs only: there is no control, or too few connections to tell how alike the ways are.'
        : `Shadow and control may differ by ${errorMs} ms by their ways alone: a release fails for more only.`,
    ],
    table(
      ['What', 'Number', 'p25 (ms)', 'p50 (ms)', 'p75 (ms)', 'p99 (ms)'],
      ways.flatMap(([name, spread]) =>
        spread === null
          ? []
          : [[name, ...[spread.samples, spread.p25, spread.p50, spread.p75, spread.p99].map(String)]],
      ),
    ),
  )
}
