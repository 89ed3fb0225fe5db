import type { TrailEntry } from '../contract/audit.ts'
import type { OwnerMonth } from '../contract/budget.ts'
import type { Experiment } from '../contract/experiment.ts'
import type { LedgerPage } from '../contract/ledger.ts'
import type { NoiseList } from '../contract/noise.ts'
import { probeWords } from '../contract/probe.ts'
import type { Reconciliation } from '../contract/reconciliation.ts'
import type { Verdict } from '../contract/verdict.ts'
import type { WindowSchedule } from '../contract/window-schedule.ts'
import type { Answer } from './client.ts'
import { placeText } from './noise.ts'
import { count, dollars, paint, rows, type Style, second, section, size } from './text.ts'

/** What people read; `--json` is for machines. */

const STYLE: Readonly<Record<string, Style>> = {
  mirroring: 'green',
  completed: 'green',
  pass: 'green',
  fail: 'red',
  failed: 'red',
  aborted: 'red',
  'over-budget': 'yellow',
  expired: 'yellow',
}

const state = ({ phase, outcome }: Experiment): string => {
  const word = phase === 'ended' && outcome !== null ? outcome : phase
  return paint(STYLE[word] ?? 'bold', word)
}

/** One line on how it is going. */
export const progress = (experiment: Experiment): string => {
  const { phase, outcome, reason, spend, spec, volume, requests, endAt } = experiment
  const lost = requests.incomplete + requests.dropped
  return [
    outcome === null ? phase : `${phase} (${outcome})`,
    `${dollars(spend.totalUsd)} ${spend.basis} of ${dollars(spec.budgetUsd)}`,
    `${size(volume.bytes)} mirrored`,
    `${count(requests.forwarded)} requests forwarded, ${count(lost)} lost`,
    phase === 'ended' ? '' : `ends by ${second(endAt)}`,
    reason ?? '',
  ]
    .filter((part) => part !== '')
    .join(' · ')
}

/** The endpoints with the most writes that were held back. */
const HELD_SHOWN = 5

export const experiment = (shown: Experiment): string => {
  const { id, spec, createdAt, createdBy, startAt, endAt, endedAt, spend, forecastUsd, reason } = shown
  const { volume, requests, sources, gateways, revision, gaps, cutConnections, leftOutPackets } = shown
  const facts = rows([
    ['experiment', `${id} (revision ${revision})`],
    ['name', spec.name],
    ['state', `${state(shown)}${reason === null ? '' : `: ${reason}`}`],
    ['created', `${second(createdAt)} by ${createdBy}${because(spec.reason)}`],
    ...approvalRows(shown.approval),
    [
      'window',
      `${second(startAt)} to ${second(endAt)}${endedAt === null ? '' : `, ended ${second(endedAt)}`}`,
    ],
    ['spend', `${dollars(spend.totalUsd)} ${spend.basis} of a budget of ${dollars(spec.budgetUsd)}`],
    ['expected', `${dollars(forecastUsd)} at its end, estimated`],
    ...probe(shown),
    ['mirrored', `${size(volume.bytes)}${perGb(shown)}`],
    [
      'requests',
      `${count(requests.received)} received: ${count(requests.forwarded)} forwarded, ` +
        `${count(requests.sampled_out)} sampled out, ${count(requests.filtered)} filtered, ` +
        `${count(requests.held_back)} held back, ${count(requests.incomplete)} incomplete, ` +
        `${count(requests.dropped)} dropped`,
    ],
    ...Object.entries(shown.heldBack)
      .sort(([, a], [, b]) => b - a)
      .slice(0, HELD_SHOWN)
      .map(([endpoint, n]) => ['held back', `${count(n)} ${endpoint}`] as const),
    ...recorded(shown.recorded),
    ...replaced(shown.redacted),
    ['now', `${count(sources)} sources, ${count(gateways)} gateway tasks`],
  ])
  return [
    facts,
    ...section('coverage gaps', [
      ...gaps.map(gap),
      ...(cutConnections > 0 ? [`${count(cutConnections)} connections cut when gateways were replaced`] : []),
      ...(leftOutPackets > 0
        ? [`${count(leftOutPackets)} packets not read by gateways that were behind`]
        : []),
    ]),
  ].join('\n')
}

/** What redaction has replaced, the most frequent first. */
const recorded = (counts: Experiment['recorded']): [string, string][] => {
  const { exchanges = 0, bytes = 0, ...missed } = counts
  const left = Object.entries(missed).map(([why, n]) => `${count(n)} ${why.replace('missed.', 'left out: ')}`)
  return Object.keys(counts).length === 0
    ? []
    : [['recorded', [`${count(exchanges)} exchanges, ${size(bytes)}`, ...left].join('; ')]]
}

const replaced = (redacted: Experiment['redacted']): (readonly [string, string])[] => {
  const most = Object.entries(redacted).sort(([, a], [, b]) => b - a)
  return most.length === 0 ? [] : [['redacted', most.map(([what, n]) => `${count(n)} ${what}`).join(', ')]]
}

const because = (reason: string | null | undefined): string => (reason ? `: ${reason}` : '')

/** Who approves reads here what it is asked for, and why. */
const approvalRows = (approval: Experiment['approval']): (readonly [string, string])[] =>
  approval === null
    ? []
    : [
        ['asked for', `${approval.for.join(', ')} by ${approval.askedBy}${because(approval.askedReason)}`],
        ['approved', approval.by === null ? 'not yet' : `by ${approval.by}${because(approval.reason)}`],
      ]

const probe = ({ probe: now }: Experiment): (readonly [string, string])[] => {
  if (now === null) return []
  const found = now.found === null ? '' : `: ${[...now.found.problems, probeWords(now.found)].join(' ')}`
  return [['probe', `${now.state}${found}`]]
}

const perGb = ({ usdPerGb, liveUsdPerGb }: Experiment): string => {
  if (usdPerGb === null) return ''
  const live = liveUsdPerGb === null ? '' : `, ${dollars(liveUsdPerGb)} in the last 5 minutes`
  return `, ${dollars(usdPerGb)} per GB so far${live}, metered`
}

const gap = ({ since, until, what }: Experiment['gaps'][number]): string =>
  `${second(since)} to ${until === null ? 'now' : second(until)}: ${what}`

export const experiments = (list: readonly Experiment[]): string =>
  list.length === 0
    ? 'There are no experiments yet.'
    : list
        .map(
          (one) =>
            `${one.id}  ${second(one.createdAt)}  ${state(one).padEnd(11)}  ` +
            `${dollars(one.spend.totalUsd).padStart(8)} ${one.spend.basis} of ${dollars(one.spec.budgetUsd)}  ${one.spec.name}`,
        )
        .join('\n')

export const schedules = (list: readonly WindowSchedule[]): string =>
  list.length === 0 ? 'There are no schedules.' : list.map(schedule).join('\n')

export const schedule = ({ id, revision, spec, createdBy, next, past }: WindowSchedule): string =>
  [
    rows([
      ['schedule', `${id} (revision ${revision})`],
      ['name', spec.experiment.name],
      ['windows', `${spec.cron} in ${spec.timeZone}, ${spec.experiment.window.durationSeconds} s each`],
      ['budget', `${dollars(spec.experiment.budgetUsd)} a window`],
      ['created', `by ${createdBy}`],
    ]),
    ...section('never on', spec.blackoutDates),
    ...section('next', next.map(second)),
    ...section(
      'past',
      past.map(({ at, experiment: run, skipped }) => `${second(at)}  ${run ?? `skipped: ${skipped}`}`),
    ),
  ].join('\n')

export const reconciliation = ({ metered, processed, billed, notes }: Reconciliation): string =>
  [
    rows([
      [
        'metered',
        `${dollars(metered.totalUsd)}, ${dollars(metered.sessionsUsd)} of it for sessions; ${size(metered.bytes)}`,
      ],
      ['processed', processed === null ? 'no count' : `${size(processed.bytes)}, metered. ${processed.says}`],
      ['billed', billed === null ? 'no bill' : `${dollars(billed.totalUsd)}. ${billed.says}`],
    ]),
    ...section('notes', notes),
  ].join('\n')

export const spend = (month: string, owners: readonly OwnerMonth[]): string =>
  owners.length === 0
    ? `Nothing was spent in ${month}, and no budget is set.`
    : owners
        .map(({ owner, spentUsd, heldUsd, budgetUsd, from, experiments: number, running }) =>
          [
            `${month}  ${owner}`,
            `  ${dollars(spentUsd)} metered of ${budgetUsd === null ? 'no limit' : `${dollars(budgetUsd)}${from === 'default' ? ' (the default)' : ''}`}`,
            `  ${count(number)} experiments, ${count(running)} running, which may still cost ${dollars(heldUsd)} (estimated)`,
          ].join('\n'),
        )
        .join('\n')

export const noise = ({ places }: NoiseList): string =>
  places.length === 0
    ? 'Nothing differs yet.'
    : places
        .map((place) => {
          const { differing, compared, chance, volatile, decision, by } = place
          return [
            placeText(place),
            `${count(differing)} of ${count(compared)} differ`,
            ...(chance === null
              ? []
              : [
                  `${count(chance.found)} of ${count(chance.of)} by chance (${chance.from === 'control' ? 'the control' : 'repeats'})`,
                ]),
            ...(volatile > 0 ? [`${count(volatile)} volatile`] : []),
            by === null ? decision : `${decision} by ${by}`,
          ].join('  ')
        })
        .join('\n')

/** The text of a list’s page, with what asks for the next one. */
export const paged = ({ nextToken }: { nextToken: string | null }, text: string): string =>
  nextToken === null ? text : `${text}\nThere is more: --next-token ${nextToken}`

export const preview = ({ enis, found, missing }: Answer<'previewSource'>): string =>
  [
    `${count(found.meant)} network interfaces, ${count(found.supported)} of which AWS mirrors for sure; ` +
      `${count(found.excluded)} left out`,
    ...section('nothing found', missing),
    ...section(
      'interfaces',
      enis.map(({ eni, instance, address, availabilityZone, verdict: is, reason, excluded }) =>
        [
          eni,
          instance ?? '–',
          address,
          availabilityZone,
          excluded === null ? `${is}: ${reason}` : `left out: ${excluded}`,
        ].join('  '),
      ),
    ),
  ].join('\n')

export const ledger = ({ lines, rows: sessions, totalUsd, basis, pricesFrom, at }: LedgerPage): string =>
  [
    rows([
      ['spend', `${dollars(totalUsd)} ${basis} as of ${second(at)}`],
      ['prices', pricesFrom],
    ]),
    ...section(
      'lines',
      lines.map(
        ({ line, item, quantity, price, usd, basis }) =>
          `${dollars(usd).padStart(10)} ${basis}  ${line}: ${Number(quantity.toPrecision(6))} ${item} at $${price.usd} per ${price.unit}`,
      ),
    ),
    ...section(
      `sessions (${count(sessions.length)})`,
      sessions.map(({ eni, session, vni, state: is, hours, usd }) =>
        [eni, session ?? '–', String(vni), is, `${count(hours)} h`, dollars(usd)].join('  '),
      ),
    ),
  ].join('\n')

export const verdict = ({ outcome, final, sentence, reasons, coverage, resources }: Verdict): string =>
  [
    rows([
      ['verdict', `${paint(STYLE[outcome] ?? 'yellow', outcome)}${final ? '' : ' so far'}: ${sentence}`],
    ]),
    ...section(
      'reasons',
      reasons.map(({ effect, sentence: why }) => `${effect}: ${why}`),
    ),
    ...section(
      'resources',
      resources.map(({ says }) => says),
    ),
    ...section(
      'coverage',
      coverage.funnel.map(({ kind, says, count: n }) => `${FUNNEL[kind]}${count(n)}  ${says}`),
    ),
  ].join('\n')

const FUNNEL = { step: '', loss: '  – ', part: '  of these ' } as const

const subject = (entry: TrailEntry): string => {
  if ('experiment' in entry) return entry.experiment
  return 'schedule' in entry ? entry.schedule : entry.owner
}

export const audit = (entries: readonly TrailEntry[]): string =>
  entries.length === 0
    ? 'Nothing has been changed yet.'
    : entries
        .map(
          (entry) =>
            `${entry.at}  ${subject(entry)}  ${entry.who}: ${entry.what}${entry.why === null ? '' : ` (${entry.why})`}`,
        )
        .join('\n')
