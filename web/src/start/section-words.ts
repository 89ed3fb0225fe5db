import { REDACTED_KINDS } from '../../../contract/redaction.ts'
import type { FormValues } from './form.ts'

/** What each closed section of the form says in a line: the values as they are now. */
export const SECTION_WORDS = {
  requests: ({ percent, writes, reads, graphql, allowedWrites, hops }: FormValues): string => {
    const exceptions = [reads, graphql, allowedWrites].some((text) => text.trim() !== '')
    const held = exceptions ? 'Writes are held back, with exceptions' : 'Writes are held back'
    return `${percent.trim()} % of them. ${writes === 'forward' ? 'Writes are forwarded too' : held}.${HOPS[hops]}`
  },
  redaction: ({ redaction, regions }: FormValues): string => {
    if (redaction === 'off') return 'Off: production’s credentials and personal data go to the shadow.'
    const ids = regions.length === 0 ? '' : `; national ids of ${regions.length} countries, too`
    return `On: ${REDACTED[redaction]} of ${REDACTED_KINDS.length} kinds of credentials and personal data${ids}.`
  },
  credentials: ({ credentials }: FormValues): string => {
    if (credentials.length === 0) return 'None: it gets what redaction makes of production’s.'
    const names = credentials.map(
      ({ by, name }) => `${name.trim()} ${by === 'jwt' ? 'signed again' : 'its own'}`,
    )
    return `${names.join(', ')}.`
  },
  records: ({ record, recordUpTo, recordFor }: FormValues): string =>
    record ? `Up to ${recordUpTo} MB in the first ${recordFor} minutes.` : 'Nothing is recorded.',
  packets: ({ clientCidrs, directions, packetLength }: FormValues): string => {
    const from = clientCidrs.trim() === '0.0.0.0/0' ? 'any client' : clientCidrs.trim()
    const length = packetLength.trim() === '' ? 'whole' : `the first ${packetLength.trim()} bytes of each`
    return `${directions === 'both' ? 'Requests and responses' : 'Requests only'}, from ${from}, ${length}.`
  },
  comparison: ({ endpoints, snapshotAt }: FormValues): string => {
    const named = endpoints.split('\n').filter((line) => line.trim() !== '').length
    const found = named === 0 ? 'Endpoints are found from the traffic' : `Endpoints are named: ${named}`
    return snapshotAt.trim() === '' ? `${found}.` : `${found}. Data copied at ${snapshotAt.trim()}.`
  },
  stages: ({ probe, stages }: FormValues): string => {
    const before =
      stages.length === 1 ? '1 stage before the whole' : `${stages.length} stages before the whole`
    return `${PROBE[probe]}, ${stages.length === 0 ? 'everything at once' : before}.`
  },
  abort: ({ abort }: FormValues): string => {
    const watched = Object.entries(abort).flatMap(([watch, typed]) =>
      typed.trim() === '' ? [] : [`${ABORT[watch as keyof typeof ABORT]} above ${typed.trim()} %`],
    )
    return watched.length === 0
      ? 'Nothing: only the clock, the budget or a person.'
      : `${watched.join(', ')}.`
  },
  owner: ({ owner, reason }: FormValues): string =>
    `Paid by ${owner.trim() === '' ? 'you' : owner.trim()}${reason.trim() === '' ? ', no reason given' : ''}.`,
} as const
export type SectionName = keyof typeof SECTION_WORDS

const HOPS: Readonly<Record<FormValues['hops'], string>> = {
  once: '',
  outer: ' What sources ask each other is left out.',
  each: ' Each hop of a request goes.',
}

const REDACTED: Readonly<Record<Exclude<FormValues['redaction'], 'off'>, string>> = {
  pseudonymise: 'pseudonyms instead',
  mask: 'masks instead',
  remove: 'nothing instead',
}

const PROBE: Readonly<Record<FormValues['probe'], string>> = {
  none: 'No probe',
  'go-on': 'A probe first',
  ask: 'A probe first, which asks',
}

const ABORT: Readonly<Record<keyof FormValues['abort'], string>> = {
  'shadow-errors': 'Errors of the shadow',
  'skipped-mirroring': 'skipped mirroring',
  'production-cpu': 'CPU of a source',
}
