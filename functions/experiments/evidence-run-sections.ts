import { credentialWords } from '../../contract/credential-words.ts'
import { dependencyWords } from '../../contract/dependency.ts'
import type { Evidence } from '../../contract/evidence.ts'
import { allTargets, shadowTargets } from '../../contract/forwarding.ts'
import { ruleWords } from '../../contract/watch.ts'
import { type Section, section, table } from './evidence-section.ts'

/** How the experiment was run: by whom, at what share, through what, at what price, and until what ended it. */
export const runSections = (evidence: Evidence): Section[] => [
  peopleSection(evidence),
  samplingSection(evidence),
  rampSection(evidence),
  abortSection(evidence),
  shadowSection(evidence),
  payloadSection(evidence),
  pathSection(evidence),
  gatewaySection(evidence),
  moneySection(evidence),
  sessionSection(evidence),
  ruleSection(evidence),
  auditSection(evidence),
]

const peopleSection = ({ experiment, owner, versions, deployment, region }: Evidence): Section => {
  const { createdBy, createdAt, revision } = experiment
  return section('Who and with what', [
    `Owner: ${owner}. Asked for by ${createdBy} at ${createdAt}. ${approvalWords(experiment.approval)}`,
    `Shadowmeter ${versions.shadowmeter}, gateways ${versions.gateways.join(', ') || 'of an unknown version'}, in ${deployment}, ${region}; ` +
      `prices: ${versions.prices}; revision ${revision} of the experiment.`,
  ])
}

const approvalWords = (approval: Evidence['experiment']['approval']): string => {
  if (approval === null) return 'No second person had to approve it.'
  const { askedBy, askedReason, by, at, reason } = approval
  const asked = `${askedBy} asked for ${approval.for.join(', ')}${because(askedReason)}`
  return by === null
    ? `${asked}; nobody approved it.`
    : `${asked}; ${by} approved it at ${at}${because(reason)}.`
}

const because = (reason: string | null): string => (reason === null ? '' : `, because: ${reason}`)

const samplingSection = ({ experiment: { spec } }: Evidence): Section => {
  const { percent, select } = spec.requests
  const { clientCidrs, ports, directions, packetLength } = spec.traffic
  return section('Sampling and truncation', [
    `Mirrored: ${ports === undefined ? 'every TCP port' : `port ${ports.join(', ')}`} of ${clientCidrs.join(', ')}, ` +
      `${directions === 'both' ? 'requests and responses' : 'requests only'}.`,
    `Sent to the shadow: ${percent} % of the requests${spec.ramp ? ', of these each stage its share' : ''}. Selection: ${JSON.stringify(select)}`,
    packetLength === undefined
      ? 'Packets were mirrored whole.'
      : `Packets were cut to ${packetLength} bytes.`,
  ])
}

const rampSection = ({ experiment: { spec, stage }, audit }: Evidence): Section =>
  section(
    'Ramp',
    [
      stage === null
        ? 'All at once.'
        : `It came to stage ${stage.number} of ${stage.of}: ${stage.sources} of ${stage.candidates} interfaces, ${stage.requests} % of the requests.`,
      ...audit
        .filter(({ what }) => what.startsWith('stage '))
        .map(({ at, what, why }) => `${at}: ${what}${why === null ? '' : `, ${why}`}.`),
    ],
    table(
      ['Stage', 'Sources (%)', 'Requests (%)', 'Seconds at least'],
      (spec.ramp?.stages ?? []).map(({ sources, requests, seconds }, index) => [
        String(index + 1),
        String(sources),
        String(requests),
        seconds === undefined ? 'to the end' : String(seconds),
      ]),
    ),
  )

const abortSection = ({ experiment: { outcome, reason, health, spec } }: Evidence): Section => {
  const judged = new Map(health.map((one) => [JSON.stringify(one.rule), one]))
  return section(
    'Abort rules',
    [outcome === 'aborted' ? `One of them ended it: ${reason}` : 'None of them ended it.'],
    table(
      ['Rule', 'As last judged', 'Value', 'Samples'],
      spec.abort.map((rule) => {
        const last = judged.get(JSON.stringify(rule))
        return [
          ruleWords(rule),
          last?.state ?? 'not judged',
          last?.value == null ? '–' : last.value.toPrecision(4),
          String(last?.samples ?? 0),
        ]
      }),
    ),
  )
}

const shadowSection = ({ experiment: { spec, heldBack } }: Evidence): Section => {
  const { dependencies, requests } = spec
  const held = Object.entries(heldBack).sort(([, a], [, b]) => b - a)
  const { writes, select } = requests
  return section(
    'Shadow',
    [
      `${shadowTargets(spec.shadow)
        .map(({ name, url }) => `${name} at ${url}`)
        .join(', ')}.`,
      dependencies === undefined
        ? 'Nobody declared what it uses.'
        : `Declared to use ${dependencyWords(dependencies)}.`,
      writes === 'forward'
        ? 'Writes were forwarded.'
        : `Writes were held back${select.writes.length > 0 ? ', but those that its selection allows' : ''}.`,
    ],
    table(
      ['Writes held back', 'Number'],
      held.map(([endpoint, n]) => [endpoint, String(n)]),
    ),
  )
}

const payloadSection = ({ experiment }: Evidence): Section => {
  const { mode, regions, rules, sideEffects } = experiment.spec.requests.redaction
  const credentials = allTargets(experiment.spec.shadow).flatMap(credentialWords)
  return section(
    'Payload handling',
    [
      mode === 'off'
        ? `Requests were not redacted${sideEffects === 'rewrite' ? ', but for what writes would have reached somebody by' : ''}.`
        : `Redaction: ${mode}, before anything left the gateway, with national ids of ${regions.join(', ') || 'no region'} and ${rules.length} rules of its own.`,
      ...credentials,
      'Of answers only what the examples show was kept, masked, up to 4000 characters of each; no packet was kept.',
    ],
    table(
      ['Replaced', 'Number'],
      Object.entries(experiment.redacted)
        .sort(([, a], [, b]) => b - a)
        .map(([what, n]) => [what, String(n)]),
    ),
  )
}

const pathSection = ({ path, experiment: { volume } }: Evidence): Section => {
  const { sources, processedBytes, datagrams, packets, gapBytes } = path
  const counts = (title: string, of: Readonly<Record<string, number>>) =>
    Object.entries(of).map(([name, n]) => [title, name, String(n)])
  return section(
    'From the sources to the gateways',
    [
      'What passes a stage can be lost before the next: skipped at the source, not delivered by the load balancer, dropped by the kernel, missing in a connection.',
    ],
    table(
      ['Stage', 'What', 'Number'],
      [
        ['sources', 'bytes mirrored', sources === null ? 'not known' : String(sources.mirroredBytes)],
        ['sources', 'bytes skipped', sources === null ? 'not known' : String(sources.skippedBytes)],
        [
          'sources',
          'instances measured',
          sources === null ? 'not known' : `${sources.instances} of ${sources.of}`,
        ],
        [
          'load balancer',
          'bytes processed, of all experiments of that time',
          processedBytes === null ? 'not known' : String(processedBytes),
        ],
        ...counts('sockets of the gateways, all experiments', datagrams),
        ['gateways', 'packets accepted', String(volume.packets)],
        ['gateways', 'inner bytes accepted', String(volume.bytes)],
        ...counts('packets', packets),
        ['connections', 'bytes that never arrived', String(gapBytes)],
      ],
    ),
  )
}

const gatewaySection = ({ gateways, capacity }: Evidence): Section =>
  section(
    'Gateways',
    [
      `${capacity.tasks} tasks worked for it, of ${capacity.tasksMax} at most. One carries ${capacity.packetsPerSecond} packets and ` +
        `${capacity.bytesPerSecond} bytes a second (${capacity.basis}). Busiest its sources sent ` +
        `${capacity.sourcePeakBytesPerSecond === 0 ? 'an unknown number of' : capacity.sourcePeakBytesPerSecond} bytes a second.`,
    ],
    table(
      ['Task', 'Version', 'From', 'Last report', 'Packets', 'Bytes', 'Connections cut'],
      gateways.map(({ task, version, since, at, volume, cut }) => [
        task,
        version || '–',
        since,
        at,
        String(volume.packets),
        String(volume.bytes),
        String(cut),
      ]),
    ),
  )

const moneySection = ({ ledger, experiment }: Evidence): Section => {
  const { usdPerGb, spec, volume } = experiment
  const perGb = usdPerGb === null ? '' : `, $${usdPerGb.toFixed(4)} per GB`
  return section(
    'Money',
    [
      `$${ledger.totalUsd.toFixed(4)} of a budget of $${spec.budgetUsd}${perGb}; ${volume.bytes} bytes in ${volume.packets} packets mirrored.`,
    ],
    table(
      ['Item', 'Quantity', 'Price', 'Dollars', 'Basis'],
      ledger.lines.map(({ item, quantity, price, usd, basis }) => [
        item,
        quantity.toPrecision(6),
        `$${price.usd} per ${price.unit} (${price.source}, ${price.date})`,
        `$${usd.toFixed(6)}`,
        basis,
      ]),
    ),
  )
}

const sessionSection = ({ sessions, mirrorTarget, region }: Evidence): Section =>
  section(
    'Mirror sessions',
    [`Target ${mirrorTarget} in ${region}.`],
    table(
      ['ENI', 'Instance', 'Session', 'Number', 'VNI', 'Zone', 'Created', 'Deleted'],
      sessions.map(({ eni, instance, session, number, vni, availabilityZone, createdAt, deletedAt }) => [
        eni,
        instance ?? '–',
        session ?? '–',
        String(number),
        String(vni),
        availabilityZone,
        createdAt ?? '–',
        deletedAt ?? '–',
      ]),
    ),
  )

const ruleSection = ({ filterRules }: Evidence): Section =>
  section(
    'Filter rules',
    [],
    table(
      ['Direction', 'Number', 'Meaning'],
      filterRules.map(({ direction, number, meaning }) => [direction, String(number), meaning]),
    ),
  )

const auditSection = ({ audit }: Evidence): Section =>
  section(
    'History',
    [],
    table(
      ['When', 'Who', 'What', 'Why'],
      audit.map(({ at, who, what, why }) => [at, who, what, why ?? '']),
    ),
  )
