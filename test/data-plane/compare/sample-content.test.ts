import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { redacted } from '../../../contract/redaction.ts'
import { Comparer } from '../../../data-plane/compare/comparer.ts'
import { Drift } from '../../../data-plane/compare/drift.ts'
import { HeldObjects } from '../../../data-plane/compare/held-objects.ts'
import { redactPair } from '../../../data-plane/compare/redact-pair.ts'
import { Redactor } from '../../../data-plane/redact/redactor.ts'
import { capturedRequest } from '../../support/captured-request.ts'
import { capturedResponse } from '../../support/captured-response.ts'

const MAIL = 'jane.doe@customer-mail.net'
const JSON_TYPE = ['Content-Type', 'application/json']
const KEY = Buffer.alloc(32, 7).toString('base64')

/** One exchange whose answers differ, as a gateway with this redaction compares it. */
const sampleOf = (mode: 'pseudonymise' | 'off', production: Buffer, headers = JSON_TYPE) => {
  const redactor = new Redactor({ settings: { ...redacted(), mode }, key: KEY })
  const drift = new Drift({ experiment: 'exp_1', snapshotAt: null }, new HeldObjects())
  const comparer = new Comparer(
    () => 0.5,
    drift,
    {},
    (...sides) => redactPair(redactor, ...sides),
  )
  const request = capturedRequest({
    method: 'POST',
    target: '/customers',
    headers: [...JSON_TYPE, 'Authorization', 'Bearer secret-token-of-jane', 'Traceparent', '00-4bf9-00f0-01'],
    body: Buffer.from(JSON.stringify({ email: MAIL, city: 'Bern' })),
  })
  redactor.request(request)
  comparer.expect(request)
  comparer.production({
    connection: request.connection,
    request,
    response: capturedResponse({ status: 201, headers, body: production }),
  })
  comparer.shadow(request, {
    answer: { status: 422, headers: JSON_TYPE, body: Buffer.from(`{"error":"${MAIL} is wrong"}`) },
    milliseconds: 5,
    wholeMilliseconds: 6,
  })
  comparer.close()
  const [sample] = comparer.encode().samples
  if (!sample) throw new Error('no sample')
  return sample
}

test('shows both answers and the request as the shadow was sent it, with nothing of what was masked', () => {
  const sample = sampleOf('pseudonymise', Buffer.from(`{"email":"${MAIL}","city":"Bern"}`))

  expect(sample.request).toMatchObject({ method: 'POST', target: '/customers' })
  expect(sample.request?.body).toContain('Bern')
  expect(sample.production.body).toContain('Bern')
  expect(sample.shadow.body).toContain('is wrong')
  expect(sample).toMatchObject({ traceId: '00-4bf9-00f0-01', client: '10.0.0.7:50123' })
  expect(JSON.stringify(sample)).not.toMatch(/jane|secret-token/)
})

test('shows an answer without its content coding', () => {
  const body = gzipSync(Buffer.from('{"city":"Zürich"}'))

  const sample = sampleOf('pseudonymise', body, [...JSON_TYPE, 'Content-Encoding', 'gzip'])

  expect(sample.production.body).toBe('{"city":"Zürich"}')
})

test('cuts a long answer, and shows none that is no text', () => {
  const long = sampleOf('pseudonymise', Buffer.from(JSON.stringify({ notes: 'ü'.repeat(5_000) })))
  const binary = sampleOf('pseudonymise', Buffer.from([0xff, 0xfe, 0x00]), ['Content-Type', 'image/png'])

  expect(long.production.body).toMatch(/^\{"notes":"ü+…$/)
  expect(binary.production.body).toBeNull()
})

test('keeps nothing of what was said where nothing is masked', () => {
  const sample = sampleOf('off', Buffer.from(`{"email":"${MAIL}"}`))

  expect(sample).toMatchObject({ request: null, production: { body: null }, shadow: { body: null } })
})
