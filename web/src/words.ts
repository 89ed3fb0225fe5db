import type { Sample } from '../../contract/comparison.ts'
import type { DifferenceKind } from '../../contract/difference.ts'
import type { Outcome, Phase } from '../../contract/experiment.ts'
import type { Gap } from '../../contract/gap.ts'
import type { LedgerLine } from '../../contract/ledger.ts'
import type { Basis, CostLine } from '../../contract/money.ts'
import type { EniVerdict } from '../../contract/source.ts'
import type { RequestOutcome, ShadowResult } from '../../contract/traffic.ts'
import type { Verdict } from '../../contract/verdict.ts'

/** What the contract’s closed lists are called on screen: a new member without a word does not compile. */

type Status = 'pending' | 'in-progress' | 'success' | 'warning' | 'error' | 'stopped' | 'info'
type Word = Readonly<{ label: string; status: Status }>

export const PHASE: Readonly<Record<Exclude<Phase, 'ended'>, Word>> = {
  scheduled: { label: 'Scheduled', status: 'pending' },
  preparing: { label: 'Preparing', status: 'in-progress' },
  mirroring: { label: 'Mirroring', status: 'in-progress' },
  draining: { label: 'Draining', status: 'in-progress' },
}

export const OUTCOME: Readonly<Record<Outcome, Word & { meaning: string }>> = {
  completed: { label: 'Completed', status: 'success', meaning: 'Its window ended as planned.' },
  stopped: { label: 'Stopped', status: 'stopped', meaning: 'Somebody stopped it.' },
  expired: { label: 'Expired', status: 'warning', meaning: 'It was found past its end after an outage.' },
  'over-budget': {
    label: 'Ended by budget',
    status: 'warning',
    meaning: 'Going on might have passed the budget.',
  },
  aborted: { label: 'Aborted', status: 'error', meaning: 'An abort rule ended it.' },
  failed: { label: 'Failed', status: 'error', meaning: 'It could not start or go on.' },
}

export const BASIS: Readonly<Record<Basis, { label: string; meaning: string }>> = {
  metered: { label: 'metered', meaning: 'Counted by Shadowmeter from what was used, at list prices.' },
  estimated: { label: 'estimated', meaning: 'Expected before the fact, from assumptions.' },
  billed: { label: 'billed', meaning: 'As AWS billed it.' },
}

export const COST_LINE: Readonly<Record<CostLine, { label: string; color: string }>> = {
  'mirror-sessions': { label: 'Mirror sessions', color: 'var(--chart-1)' },
  fargate: { label: 'Gateways (Fargate)', color: 'var(--chart-2)' },
  nlcu: { label: 'Load balancer use', color: 'var(--chart-3)' },
  'cross-az': { label: 'Cross-zone bytes', color: 'var(--chart-4)' },
  'control-plane': { label: 'Control plane', color: 'var(--chart-5)' },
}
export const COST_LINES = Object.keys(COST_LINE) as CostLine[]

export const LEDGER_LINE: Readonly<Record<LedgerLine['line'], string>> = {
  'mirror-sessions': COST_LINE['mirror-sessions'].label,
  fargate: COST_LINE.fargate.label,
  nlcu: COST_LINE.nlcu.label,
  'cross-az': COST_LINE['cross-az'].label,
  'control-plane': COST_LINE['control-plane'].label,
  standing: 'Standing cost',
}

export const REQUEST_OUTCOME: Readonly<
  Record<RequestOutcome, { label: string; color: string; lost: boolean; meaning: string }>
> = {
  forwarded: { label: 'Forwarded', color: 'var(--chart-1)', lost: false, meaning: 'sent to the shadow' },
  sampled_out: {
    label: 'Sampled out',
    color: 'var(--chart-2)',
    lost: false,
    meaning: 'left out by the share or a limit',
  },
  filtered: {
    label: 'Filtered',
    color: 'var(--chart-3)',
    lost: false,
    meaning: 'not meant for the shadow',
  },
  held_back: {
    label: 'Held back',
    color: 'var(--chart-4)',
    lost: false,
    meaning: 'could change something, or cannot be repeated',
  },
  incomplete: {
    label: 'Incomplete',
    color: 'var(--chart-6)',
    lost: true,
    meaning: 'lost: parts of it never arrived',
  },
  dropped: {
    label: 'Dropped',
    color: 'var(--chart-7)',
    lost: true,
    meaning: 'lost: the gateway had it and could not send it',
  },
}
export const REQUEST_OUTCOMES = Object.keys(REQUEST_OUTCOME) as RequestOutcome[]

export const SHADOW_RESULT: Readonly<Record<ShadowResult, Word>> = {
  answered_1xx: { label: 'Answered 1xx', status: 'info' },
  answered_2xx: { label: 'Answered 2xx', status: 'success' },
  answered_3xx: { label: 'Answered 3xx', status: 'success' },
  answered_4xx: { label: 'Answered 4xx', status: 'info' },
  answered_5xx: { label: 'Answered 5xx', status: 'error' },
  answered_other: { label: 'Answered otherwise', status: 'warning' },
  failed_connect: { label: 'No connection', status: 'error' },
  failed_timeout: { label: 'No answer in time', status: 'error' },
  failed_protocol: { label: 'Shadow does not speak HTTP/2', status: 'error' },
  failed_reset: { label: 'Connection broke', status: 'error' },
  failed_other: { label: 'Failed otherwise', status: 'error' },
}
export const SHADOW_RESULTS = Object.keys(SHADOW_RESULT) as ShadowResult[]

export const VERDICT: Readonly<Record<EniVerdict, Word>> = {
  supported: { label: 'Can be mirrored', status: 'success' },
  unsupported: { label: 'Cannot be mirrored', status: 'error' },
  unknown: { label: 'Unknown', status: 'warning' },
  undocumented: { label: 'Undocumented', status: 'warning' },
}

export const JUDGEMENT: Readonly<
  Record<Verdict['outcome'], { label: string; alert: 'success' | 'error' | 'info' }>
> = {
  pass: { label: 'Pass', alert: 'success' },
  fail: { label: 'Fail', alert: 'error' },
  inconclusive: { label: 'Inconclusive', alert: 'info' },
}

export const DIFFERENCE: Readonly<Record<DifferenceKind, string>> = {
  status: 'Another status',
  header_missing: 'Header missing',
  header_extra: 'Header more',
  header_value: 'Header’s value',
  content_type: 'Content type',
  type: 'Another type',
  value: 'Another value',
  missing: 'Missing',
  extra: 'More',
  order: 'Another order',
  text: 'Another text',
  binary: 'Other bytes',
  unreadable: 'Cannot be read',
  too_complex: 'Left undecided',
}

export const SAMPLE: Readonly<Record<Sample['kind'], string>> = { ...DIFFERENCE, slower: 'Slower' }

export const GAP: Readonly<Record<Gap['kind'], string>> = {
  'zone-lost': 'Zone lost',
  'gateways-swapped': 'Gateways swapped',
  starved: 'Source starved',
}
