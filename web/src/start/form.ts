import './jitless.ts'
import { DEFAULT_ABORT_RULES } from '../../../contract/abort.ts'
import { Dependencies } from '../../../contract/dependencies.ts'
import type { Dependency, DependencyName } from '../../../contract/dependency.ts'
import { type Accepted, ExperimentSpec, type ExperimentSpecInput } from '../../../contract/experiment.ts'
import type { Probe } from '../../../contract/probe.ts'
import type { Problem } from '../../../contract/problem.ts'
import type { Redaction, Region } from '../../../contract/redaction.ts'
import type { Selection } from '../../../contract/selection.ts'
import { Source } from '../../../contract/source.ts'
import type { WindowScheduleSpecInput } from '../../../contract/window-schedule.ts'
import { type CredentialValues, toCredential } from './credential-spec.ts'
import { emptySource, KINDS, list, type SourceValues, toSource } from './source-spec.ts'

/** What the form holds: text as typed, until it is turned into a spec. */
export type FormValues = SourceValues &
  Readonly<{
    name: string
    owner: string
    reason: string
    undocumented: boolean
    littleHeadroom: boolean
    ports: string
    everyPort: boolean
    clientCidrs: string
    directions: 'requests' | 'both'
    packetLength: string
    url: string
    credentials: readonly CredentialValues[]
    percent: string
    writes: 'hold' | 'forward'
    /** One a line, such as POST /shop.Catalogue/Get*. */
    reads: string
    graphql: string
    allowedWrites: string
    hops: Selection['hops']
    snapshotAt: string
    /** Patterns, one a line; empty for those found from the traffic. */
    endpoints: string
    redaction: Redaction['mode']
    /** Whose national ids are looked for. */
    regions: readonly Region[]
    record: boolean
    /** Megabytes and minutes, as typed. */
    recordUpTo: string
    recordFor: string
    /** Empty until it was chosen. */
    dependencies: Readonly<Record<DependencyName, Dependency | ''>>
    start: 'now' | 'later' | 'repeat'
    date: string
    time: string
    cron: string
    timeZone: string
    blackoutDates: string
    /** Minutes; empty for the deployment’s own. */
    preNotice: string
    amount: string
    unit: keyof typeof UNIT_SECONDS
    budgetUsd: string
    /** Percent, by what is watched; empty for no such rule. */
    abort: Readonly<Record<DefaultWatch, string>>
    probe: 'none' | Probe['after']
    /** Before the last stage, which is everything; none for all at once. */
    stages: readonly StageValues[]
  }>

export const UNIT_SECONDS = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 } as const

/** As typed: percent, percent, minutes. */
export type StageValues = Readonly<{ sources: string; requests: string; minutes: string }>

type DefaultWatch = (typeof DEFAULT_ABORT_RULES)[number]['watch']

export const emptyForm: FormValues = {
  ...emptySource,
  name: '',
  owner: '',
  reason: '',
  undocumented: false,
  littleHeadroom: false,
  ports: '8080',
  everyPort: false,
  clientCidrs: '0.0.0.0/0',
  directions: 'requests',
  packetLength: '',
  url: '',
  credentials: [],
  percent: '100',
  writes: 'hold',
  reads: '',
  graphql: '',
  allowedWrites: '',
  hops: 'once',
  snapshotAt: '',
  endpoints: '',
  redaction: 'pseudonymise',
  regions: [],
  record: false,
  recordUpTo: '100',
  recordFor: '60',
  dependencies: { database: '', cache: '', queue: '', mail: '', payment: '', webhooks: '' },
  start: 'now',
  date: '',
  time: '',
  cron: '0 14 ? * TUE *',
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  blackoutDates: '',
  preNotice: '',
  amount: '30',
  unit: 'minutes',
  budgetUsd: '5',
  probe: 'none',
  stages: [],
  abort: { 'shadow-errors': '50', 'skipped-mirroring': '5', 'production-cpu': '95' },
}

const REQUESTS_RIGHT = 'One a line: a path that begins with /, a method before it if you like'

/** Where a field’s error comes from in the API’s answers, and what a right value looks like. */
const FIELDS = {
  name: { path: 'name', right: 'A name of 1 to 80 characters' },
  owner: { path: 'owner', right: 'A name of 1 to 256 characters without #' },
  reason: { path: 'reason', right: 'At most 500 characters' },
  within: {
    path: 'source.(vpcs|subnets)',
    right: 'Ids such as vpc-0123456789abcdef0 or subnet-0123456789abcdef0',
  },
  without: { path: 'source.exclude', right: 'Ids such as eni-0123456789abcdef0 or i-0123456789abcdef0' },
  source: { path: 'source', right: 'What is mirrored' },
  ports: { path: 'traffic.ports', right: 'One or more ports from 1 to 65535, such as 8080, 8443' },
  clientCidrs: {
    path: 'traffic.clientCidrs',
    right: 'Ranges such as 10.0.0.0/8, 192.168.1.0/24 or 2001:db8::/32',
  },
  directions: { path: 'traffic.directions', right: 'Requests, or both directions' },
  packetLength: { path: 'traffic.packetLength', right: 'Empty, or 35 to 8500 bytes' },
  url: { path: 'shadow.url', right: 'An address such as http://10.0.9.12:8080, without credentials' },
  credentials: {
    path: 'shadow.credentials',
    right:
      'A name for each, no header of the gateway’s own, and the name of its secret, such as shop/session',
  },
  percent: { path: 'requests.percent', right: 'A number from 0 to 1000; above 100 sends copies' },
  writes: { path: 'requests.writes', right: 'Held back or forwarded' },
  reads: { path: 'requests.select.reads', right: REQUESTS_RIGHT },
  graphql: { path: 'requests.select.graphql', right: REQUESTS_RIGHT },
  allowedWrites: { path: 'requests.select.writes', right: REQUESTS_RIGHT },
  hops: { path: 'requests.select.hops', right: 'One of the three' },
  snapshotAt: { path: 'compare.snapshotAt', right: 'Empty, or a date and a time, such as 2026-11-24 14:00' },
  endpoints: {
    path: 'compare.endpoints',
    right: 'Up to 200 lines such as GET /orders/{id} or /catalogue',
  },
  redaction: { path: 'requests.redaction', right: 'One of the four' },
  record: { path: 'requests.record', right: 'From 1 to 10,000 MB, for 1 to 10,080 minutes' },
  dependencies: { path: 'dependencies', right: 'One of the three for each' },
  startAt: { path: 'window.startAt', right: 'A date and a time, such as 2026/11/24 and 14:00' },
  preNotice: { path: 'window.preNoticeMinutes', right: 'Empty, or 0 to 1440 minutes' },
  duration: { path: 'window.durationSeconds', right: 'From 20 seconds to 7 days' },
  budgetUsd: { path: 'budgetUsd', right: 'More than $0, at most $100,000' },
  abort: { path: 'abort', right: 'Empty, or 0 to 100 percent' },
  probe: { path: 'probe', right: 'None, or one of a minute in a window that is longer' },
  ramp: {
    path: 'ramp',
    right:
      'Shares of sources above 0 to 100 % that do not fall, requests from 0 to 100 %, half a minute at least',
  },
} as const
export type Field = keyof typeof FIELDS
export const FIELD_NAMES = Object.keys(FIELDS) as Field[]
export type FieldErrors = Readonly<Partial<Record<Field, string>>>

export const toSpec = (form: FormValues): ExperimentSpecInput => ({
  name: form.name,
  ...(form.owner.trim() !== '' && { owner: form.owner }),
  ...(form.reason.trim() !== '' && { reason: form.reason }),
  source: toSource(form),
  traffic: {
    ...(!form.everyPort && { ports: list(form.ports).map(number) }),
    clientCidrs: list(form.clientCidrs),
    directions: form.directions,
    ...(form.packetLength.trim() !== '' && { packetLength: number(form.packetLength) }),
  },
  shadow: {
    url: form.url.trim(),
    ...(form.credentials.length > 0 && { credentials: form.credentials.map(toCredential) }),
  },
  ...declared(form),
  requests: {
    percent: number(form.percent),
    writes: form.writes,
    ...selectionOf(form),
    ...redactionOf(form),
    ...recordOf(form),
  },
  window: {
    ...(form.start === 'later' && { startAt: localTime(form.date, form.time) }),
    durationSeconds: Math.round(number(form.amount) * UNIT_SECONDS[form.unit]),
    ...(form.preNotice.trim() !== '' && { preNoticeMinutes: number(form.preNotice) }),
  },
  budgetUsd: number(form.budgetUsd),
  ...comparing(form),
  ...(form.probe !== 'none' && { probe: { after: form.probe } }),
  ...rampOf(form),
  abort: DEFAULT_ABORT_RULES.flatMap((rule) => {
    const typed = form.abort[rule.watch]
    return typed.trim() === '' ? [] : [{ ...rule, above: number(typed) }]
  }),
  ...acceptedBy(form),
})

/** A spec again and again; whether the cron expression is one, the API says. */
export const toSchedule = (form: FormValues, experiment: ExperimentSpecInput): WindowScheduleSpecInput => ({
  experiment,
  cron: form.cron,
  timeZone: form.timeZone.trim(),
  blackoutDates: list(form.blackoutDates),
})

const rampOf = ({ stages }: FormValues): Pick<ExperimentSpecInput, 'ramp'> => {
  if (stages.length === 0) return {}
  const first = stages.map(({ sources, requests, minutes }) => ({
    sources: number(sources),
    requests: number(requests),
    seconds: Math.round(60 * number(minutes)),
  }))
  return { ramp: { stages: [...first, { sources: 100, requests: 100 }] } }
}

const comparing = ({ snapshotAt, endpoints }: FormValues): Pick<ExperimentSpecInput, 'compare'> => {
  const compare = {
    ...(snapshotAt.trim() !== '' && { snapshotAt: timeOf(snapshotAt) }),
    ...(endpoints.trim() !== '' && { endpoints: lines(endpoints) }),
  }
  return Object.keys(compare).length === 0 ? {} : { compare }
}

const selectionOf = ({
  writes,
  reads,
  graphql,
  allowedWrites,
  hops,
}: FormValues): Pick<NonNullable<ExperimentSpecInput['requests']>, 'select'> => {
  const select = {
    ...(hops !== 'once' && { hops }),
    ...(writes === 'hold' && {
      ...(reads.trim() !== '' && { reads: matches(reads) }),
      ...(graphql.trim() !== '' && { graphql: matches(graphql) }),
      ...(allowedWrites.trim() !== '' && { writes: matches(allowedWrites) }),
    }),
  }
  return Object.keys(select).length === 0 ? {} : { select }
}

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** `POST /carts/*` or `/carts/*`, one a line. */
const matches = (text: string): { methods?: string[]; paths: string[] }[] =>
  lines(text).map((line) => {
    const [, method, path = line] = /^([A-Za-z]+)\s+(.*)$/.exec(line) ?? []
    return { ...(method !== undefined && { methods: [method.toUpperCase()] }), paths: [path] }
  })

/** Left out where it is as without a word. */
const redactionOf = ({
  redaction,
  regions,
}: FormValues): Pick<NonNullable<ExperimentSpecInput['requests']>, 'redaction'> =>
  redaction === emptyForm.redaction && regions.length === 0
    ? {}
    : { redaction: { mode: redaction, regions: [...regions] } }

const recordOf = ({
  record,
  recordUpTo,
  recordFor,
}: FormValues): Pick<NonNullable<ExperimentSpecInput['requests']>, 'record'> =>
  record ? { record: { megabytes: number(recordUpTo), seconds: Math.round(60 * number(recordFor)) } } : {}

/** Left out until all are chosen: the plan then says that it is missing. */
const declared = ({ dependencies }: FormValues): Pick<ExperimentSpecInput, 'dependencies'> => {
  const { data } = Dependencies.safeParse(dependencies)
  return data === undefined ? {} : { dependencies: data }
}

const acceptedBy = ({
  undocumented,
  everyPort,
  littleHeadroom,
}: FormValues): Pick<ExperimentSpecInput, 'accept'> => {
  const accept: Accepted[] = [
    ...(undocumented ? (['undocumented-sources'] as const) : []),
    ...(everyPort ? (['every-port'] as const) : []),
    ...(littleHeadroom ? (['little-headroom'] as const) : []),
  ]
  return accept.length > 0 ? { accept } : {}
}

/** The spec when every field is right, else what is wrong with each that is not. */
export const check = (
  form: FormValues,
): { spec: ExperimentSpecInput; errors: null } | { spec: null; errors: FieldErrors } => {
  const spec = toSpec(form)
  const parsed = ExperimentSpec.safeParse(spec)
  if (parsed.success) return { spec, errors: null }
  const errors: Partial<Record<Field, string>> = {}
  for (const { path, message, code } of parsed.error.issues) {
    const field = fieldOf(path.join('.'))
    // only a rule about several fields says more than the field’s own line
    if (field !== null) errors[field] ??= code === 'custom' && ownWords(path) ? message : right(field, form)
  }
  return { spec: null, errors }
}

/** The source alone, when it is right: what it means now can be shown before the rest is filled in. */
export const checkSource = (form: FormValues): ExperimentSpecInput['source'] | null => {
  const source = toSource(form)
  return Source.safeParse(source).success ? source : null
}

const SEVERAL = ['source.exclude', 'traffic.ports', 'traffic.clientCidrs', 'requests.record']

/** Rules about several fields. */
const ownWords = (path: readonly PropertyKey[]): boolean =>
  path.length === 1 || SEVERAL.includes(path.join('.'))

const right = (field: Field, { by }: FormValues): string =>
  field === 'source' ? KINDS[by].right : FIELDS[field].right

/** The API’s errors at their fields, and the sentences that belong to none. */
export const problemErrors = (problem: Problem | null): { fields: FieldErrors; others: string[] } => {
  const fields: Partial<Record<Field, string>> = {}
  const others: string[] = []
  for (const { path, message } of problem?.errors ?? []) {
    const field = fieldOf(path.replace(/^body\.?(experiment\.)?/, ''))
    if (field === null) others.push(path === '' ? message : `${path}: ${message}`)
    else fields[field] ??= message
  }
  return { fields, others }
}

const fieldOf = (path: string): Field | null => {
  const found = FIELD_NAMES.find((name) => {
    return new RegExp(`^${FIELDS[name].path}([.[]|$)`).test(path)
  })
  if (found) return found
  // a rule over the whole filter: ports × ranges × directions
  if (path === 'traffic') return 'ports'
  return path === 'shadow' ? 'url' : null
}

const number = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text))

/** As typed in the viewer’s time zone; what is no time stays as typed, for the schema to refuse. */
const localTime = (date: string, time: string): string =>
  timeOf(`${date.replaceAll('/', '-')}T${time.length === 5 ? `${time}:00` : time}`)

const timeOf = (text: string): string => {
  const at = new Date(text.trim())
  return Number.isNaN(at.getTime()) ? '' : at.toISOString()
}
