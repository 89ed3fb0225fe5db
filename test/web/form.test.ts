import { expect, test } from 'vitest'
import { DEFAULT_ABORT_RULES } from '../../contract/abort.ts'
import { WindowScheduleSpec } from '../../contract/window-schedule.ts'
import { StartAttempt } from '../../web/src/start/attempt.ts'
import { emptyCredential } from '../../web/src/start/credential-spec.ts'
import { check, emptyForm, type FormValues, problemErrors, toSchedule } from '../../web/src/start/form.ts'

const filled: FormValues = {
  ...emptyForm,
  name: 'checkout 5.0',
  enis: ['eni-0d9c8b7a6f5e4d301'],
  url: ' http://10.0.9.12:8080 ',
}

test('a filled form is a spec', () => {
  const { spec } = check({
    ...filled,
    ports: '8080, 8443',
    amount: '1.5',
    unit: 'hours',
    packetLength: '512',
    preNotice: '45',
  })

  expect(spec).toEqual({
    name: 'checkout 5.0',
    source: { by: 'eni', ids: ['eni-0d9c8b7a6f5e4d301'] },
    traffic: { ports: [8080, 8443], clientCidrs: ['0.0.0.0/0'], directions: 'requests', packetLength: 512 },
    shadow: { url: 'http://10.0.9.12:8080' },
    requests: { percent: 100, writes: 'hold' },
    window: { durationSeconds: 5400, preNoticeMinutes: 45 },
    budgetUsd: 5,
    abort: [...DEFAULT_ABORT_RULES],
  })
})

test('a limit of its own changes a rule, an empty one leaves it out', () => {
  const abort = { 'shadow-errors': '12.5', 'skipped-mirroring': '', 'production-cpu': ' ' }

  const { spec } = check({ ...filled, abort })

  expect(spec?.abort).toEqual([{ watch: 'shadow-errors', above: 12.5, overSeconds: 120, samples: 100 }])
})

test('endpoints are one a line, and each must be one', () => {
  const { spec } = check({ ...filled, endpoints: ' GET /orders/{id} \n\n/catalogue\n' })
  const { errors } = check({ ...filled, endpoints: 'orders' })

  expect(spec?.compare).toEqual({ endpoints: ['GET /orders/{id}', '/catalogue'] })
  expect(errors).toEqual({ endpoints: 'Up to 200 lines such as GET /orders/{id} or /catalogue' })
})

test('the shadow’s own credentials and what becomes of hops are said where they are not the usual ones', () => {
  const typed = { ...emptyCredential, secret: ' shop/token ' }
  const signed = {
    ...emptyCredential,
    by: 'jwt',
    name: 'X-User',
    secret: 'shop/key',
    productionKey: 'shop/jwks',
  } as const

  const { spec } = check({
    ...filled,
    credentials: [typed, signed],
    hops: 'outer',
    writes: 'forward',
    reads: '/x',
  })
  const { errors } = check({ ...filled, credentials: [{ ...typed, name: 'Host' }] })
  const { errors: unnamed } = check({ ...filled, credentials: [{ ...typed, secret: 'my secret value!' }] })

  expect(spec?.shadow).toEqual({
    url: 'http://10.0.9.12:8080',
    credentials: [
      { by: 'secret', in: 'header', name: 'Authorization', secret: 'shop/token' },
      {
        by: 'jwt',
        in: 'header',
        name: 'X-User',
        key: 'shop/key',
        algorithm: 'RS256',
        productionKey: 'shop/jwks',
      },
    ],
  })
  expect(spec?.requests?.select).toEqual({ hops: 'outer' })
  expect([errors, unnamed].map((wrong) => Object.keys(wrong ?? {}))).toEqual([
    ['credentials'],
    ['credentials'],
  ])
})

test('redaction is said where it is not the usual one, and what the shadow uses once all of it is chosen', () => {
  const dependencies = {
    database: 'own',
    cache: 'none',
    queue: 'stub',
    mail: 'none',
    payment: 'stub',
    webhooks: 'none',
  } as const

  const { spec } = check({ ...filled, redaction: 'mask', regions: ['us', 'de'], dependencies })
  const { spec: incomplete } = check({ ...filled, dependencies: { ...dependencies, mail: '' } })

  expect(spec?.requests?.redaction).toEqual({ mode: 'mask', regions: ['us', 'de'] })
  expect(spec?.dependencies).toEqual(dependencies)
  expect(incomplete?.dependencies).toBeUndefined()
  expect(incomplete?.requests).not.toHaveProperty('redaction')
})

test('records are asked for with their limits, and not without redaction', () => {
  const { spec: usual } = check({ ...filled, recordUpTo: 'any' })
  const { spec } = check({ ...filled, record: true, recordUpTo: '5', recordFor: '0.5' })
  const { errors: tooMuch } = check({ ...filled, record: true, recordUpTo: '10001' })
  const { errors: empty } = check({ ...filled, record: true, recordFor: '' })
  const { errors: bare } = check({ ...filled, record: true, redaction: 'off' })

  expect(usual?.requests).not.toHaveProperty('record')
  expect(spec?.requests?.record).toEqual({ megabytes: 5, seconds: 30 })
  const right = { record: 'From 1 to 10,000 MB, for 1 to 10,080 minutes' }
  expect([tooMuch, empty]).toEqual([right, right])
  expect(bare?.record).toMatch(/^what is not redacted is not recorded/)
})

test('tags without a key are not meant', () => {
  const tags = [
    { key: 'service', value: 'orders' },
    { key: '', value: '' },
  ]

  const { spec } = check({ ...filled, by: 'tag', tags })

  expect(spec?.source).toEqual({ by: 'tag', match: 'all', tags: { service: 'orders' } })
})

test.each<[string, Partial<FormValues>, object]>([
  [
    'instances',
    { by: 'instance', instances: 'i-0123456789abcdef0, i-0123456789abcdef1', secondary: true },
    {
      by: 'instance',
      ids: ['i-0123456789abcdef0', 'i-0123456789abcdef1'],
      interfaces: 'all',
    },
  ],
  [
    'groups, whose names may have spaces',
    { by: 'auto-scaling-group', groups: 'web fleet, api' },
    {
      by: 'auto-scaling-group',
      names: ['web fleet', 'api'],
    },
  ],
  [
    'ECS services',
    { by: 'ecs-service', cluster: ' shop ', services: 'cart' },
    {
      by: 'ecs-service',
      cluster: 'shop',
      services: ['cart'],
    },
  ],
  [
    'a database, narrowed',
    { by: 'database', within: 'vpc-0123456789abcdef0 subnet-0123456789abcdef0' },
    {
      by: 'database',
      service: 'rds',
      vpcs: ['vpc-0123456789abcdef0'],
      subnets: ['subnet-0123456789abcdef0'],
    },
  ],
  [
    'a load balancer without one interface',
    { by: 'load-balancer', balancers: 'front', without: 'eni-0123456789abcdef0' },
    {
      by: 'load-balancer',
      names: ['front'],
      exclude: { enis: ['eni-0123456789abcdef0'] },
    },
  ],
])('a source of %s', (_, change, source) => {
  const { spec } = check({ ...filled, ...change })

  expect(spec?.source).toEqual(source)
})

test('ids of neither kind are told at their fields', () => {
  const { errors } = check({ ...filled, within: 'subnet-x', without: 'orders-1' })

  expect(Object.keys(errors ?? {}).sort()).toEqual(['within', 'without'])
})

test('every port, what is not documented and a full network are said in so many words', () => {
  const { spec } = check({ ...filled, ports: '', everyPort: true, undocumented: true, littleHeadroom: true })

  expect(spec?.traffic).not.toHaveProperty('ports')
  expect(spec?.accept).toEqual(['undocumented-sources', 'every-port', 'little-headroom'])
})

test('the time of the shadow’s data is the viewer’s local time, and must be one', () => {
  const { spec } = check({ ...filled, snapshotAt: '2026-11-24 14:00' })
  const { errors } = check({ ...emptyForm, snapshotAt: 'yesterday' })

  expect(spec?.compare).toEqual({ snapshotAt: new Date(2026, 10, 24, 14, 0).toISOString() })
  expect(errors?.snapshotAt).toMatch(/such as 2026-11-24 14:00/)
})

test('a start at a time is the viewer’s local time', () => {
  const { spec } = check({ ...filled, start: 'later', date: '2026/11/24', time: '14:00' })

  expect(spec?.window.startAt).toBe(new Date(2026, 10, 24, 14).toISOString())
})

test('each wrong field says what would be right', () => {
  const { errors } = check({
    ...emptyForm,
    ports: '80a',
    clientCidrs: '10.0.0.0/99',
    packetLength: '9',
    percent: '',
    start: 'later',
    amount: '8',
    unit: 'days',
    budgetUsd: '0',
  })

  expect(Object.keys(errors ?? {}).sort()).toEqual(
    [
      'budgetUsd',
      'clientCidrs',
      'duration',
      'name',
      'packetLength',
      'percent',
      'ports',
      'source',
      'startAt',
      'url',
    ].sort(),
  )
  expect(errors?.duration).toBe('From 20 seconds to 7 days')
})

test('a rule about the whole filter is told at the ports', () => {
  const { errors } = check({ ...filled, ports: '1,3,5,7,9,11', directions: 'both' })

  expect(errors?.ports).toMatch(/must not exceed the 10 rules/)
})

test('the API’s errors find their fields, and none is lost', () => {
  const errors = [
    { path: 'body.traffic.ports.0', message: 'Too big' },
    { path: 'body.window.durationSeconds', message: 'Too short' },
    { path: 'headers.idempotency-key', message: 'Too long' },
  ]

  const told = problemErrors({
    type: 'urn:shadowmeter:problem:invalid',
    title: '',
    status: 400,
    detail: '',
    errors,
  })

  expect(told.fields).toEqual({ ports: 'Too big', duration: 'Too short' })
  expect(told.others).toEqual(['headers.idempotency-key: Too long'])
})

test('one attempt has one key until it is answered or the form changes', () => {
  const attempt = new StartAttempt()
  const first = attempt.keyFor('a')

  expect(attempt.keyFor('a')).toBe(first)
  const second = attempt.keyFor('b')
  expect(second).not.toBe(first)
  attempt.answered()
  expect(attempt.keyFor('b')).not.toBe(second)
  expect(first).toMatch(/^[0-9a-f]{32}$/)
})

test('an experiment again and again is a schedule of the same spec, without a start of its own', () => {
  const form: FormValues = {
    ...filled,
    start: 'repeat',
    cron: '0 9 ? * MON-FRI *',
    timeZone: ' Europe/Berlin ',
    blackoutDates: '2026-12-24, 2026-12-25',
  }
  const { spec } = check(form)
  if (spec === null) throw new Error('the form is not right')

  const schedule = WindowScheduleSpec.parse(toSchedule(form, spec))

  expect(schedule).toMatchObject({
    cron: '0 9 ? * MON-FRI *',
    timeZone: 'Europe/Berlin',
    blackoutDates: ['2026-12-24', '2026-12-25'],
    experiment: { name: 'checkout 5.0', window: { durationSeconds: 1800 } },
  })
  expect(
    problemErrors({
      type: 'urn:shadowmeter:problem:invalid',
      title: '',
      status: 400,
      detail: '',
      errors: [{ path: 'body.experiment.traffic.ports', message: 'no port' }],
    }).fields,
  ).toEqual({ ports: 'no port' })
})

test('stages come before the whole', () => {
  const stages = [{ sources: '10', requests: '5', minutes: '1.5' }]

  const { spec } = check({ ...filled, stages })
  const wrong = check({ ...filled, stages: [{ sources: '0', requests: '5', minutes: '1' }] })

  expect(spec?.ramp).toEqual({
    stages: [
      { sources: 10, requests: 5, seconds: 90 },
      { sources: 100, requests: 100 },
    ],
  })
  expect(Object.keys(wrong.errors ?? {})).toEqual(['ramp'])
})
