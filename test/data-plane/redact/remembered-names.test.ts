import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Redaction } from '../../../contract/redaction.ts'
import { parseRequestHead } from '../../../data-plane/http/head.ts'
import { Redactor } from '../../../data-plane/redact/redactor.ts'
import { capturedRequest } from '../../support/captured-request.ts'

const MESSAGES = 300
const FILL = 'x'.repeat(20_000)

const heapBytes = (): number => {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

test.each([
  ['of header fields', (n: number) => [`X-Of-The-Head-${n}: 1`, '']],
  ['of cookies', (n: number) => [`Cookie: of-the-cookie-${n}=1`, '']],
  ['of form fields', (n: number) => ['X: 1', `of-the-form-field-${n}=1&rest=${FILL}`]],
])('names %s are remembered without the messages they stood in', (_, partsOf) => {
  const redactor = new Redactor({
    settings: Redaction.parse({}),
    key: Buffer.alloc(32, 1).toString('base64'),
  })
  const before = heapBytes()

  for (let n = 0; n < MESSAGES; n++) {
    const [line, body = ''] = partsOf(n)
    const head = parseRequestHead(
      `POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n${line}\r\nX-Fill: ${FILL}\r\n\r\n`,
    )
    const headers = head?.fields.headers ?? []
    expect(redactor.request(capturedRequest({ method: 'POST', headers, body: Buffer.from(body) }))).toBe(true)
  }

  expect(heapBytes() - before).toBeLessThan((MESSAGES * FILL.length) / 3)
})
