import { expect, test } from 'vitest'
import { emptyCredential } from '../../web/src/start/credential-spec.ts'
import { emptyForm, type FormValues } from '../../web/src/start/form.ts'
import { SECTION_WORDS } from '../../web/src/start/section-words.ts'

const said = (change: Partial<FormValues> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(SECTION_WORDS).map(([name, words]) => [name, words({ ...emptyForm, ...change })]),
  )

test('a closed section says what holds when nothing is changed', () => {
  expect(said()).toEqual({
    requests: '100 % of them. Writes are held back.',
    redaction: 'On: pseudonyms instead of 10 kinds of credentials and personal data.',
    credentials: 'None: it gets what redaction makes of production’s.',
    records: 'Nothing is recorded.',
    packets: 'Requests only, from any client, whole.',
    comparison: 'Endpoints are found from the traffic.',
    stages: 'No probe, everything at once.',
    abort: 'Errors of the shadow above 50 %, skipped mirroring above 5 %, CPU of a source above 95 %.',
    owner: 'Paid by you, no reason given.',
  })
})

test('a closed section says what was changed in it', () => {
  const stage = { sources: '10', requests: '10', minutes: '5' }

  const changed = said({
    percent: '25',
    writes: 'forward',
    redaction: 'off',
    record: true,
    hops: 'outer',
    credentials: [
      { ...emptyCredential, secret: 'shop/token' },
      { ...emptyCredential, by: 'jwt', name: 'X-User', secret: 'shop/key' },
    ],
    clientCidrs: '10.0.0.0/8',
    directions: 'both',
    packetLength: '512',
    endpoints: 'GET /orders/{id}\n\n/catalogue',
    snapshotAt: '2026-11-24 14:00',
    probe: 'ask',
    stages: [stage, stage],
    abort: { 'shadow-errors': '', 'skipped-mirroring': ' ', 'production-cpu': '' },
    owner: 'checkout',
    reason: 'release 5',
  })

  expect(changed).toEqual({
    requests: '25 % of them. Writes are forwarded too. What sources ask each other is left out.',
    credentials: 'Authorization its own, X-User signed again.',
    redaction: 'Off: production’s credentials and personal data go to the shadow.',
    records: 'Up to 100 MB in the first 60 minutes.',
    packets: 'Requests and responses, from 10.0.0.0/8, the first 512 bytes of each.',
    comparison: 'Endpoints are named: 2. Data copied at 2026-11-24 14:00.',
    stages: 'A probe first, which asks, 2 stages before the whole.',
    abort: 'Nothing: only the clock, the budget or a person.',
    owner: 'Paid by checkout.',
  })
})

test('exceptions among writes and national ids are said, and one stage is one', () => {
  const { requests, redaction, stages } = said({
    graphql: '/graphql',
    redaction: 'mask',
    regions: ['us', 'de'],
    probe: 'go-on',
    stages: [{ sources: '10', requests: '10', minutes: '5' }],
  })

  expect(requests).toBe('100 % of them. Writes are held back, with exceptions.')
  expect(redaction).toBe(
    'On: masks instead of 10 kinds of credentials and personal data; national ids of 2 countries, too.',
  )
  expect(stages).toBe('A probe first, 1 stage before the whole.')
})
