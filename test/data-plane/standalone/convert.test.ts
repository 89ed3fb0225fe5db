import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect, test, vi } from 'vitest'
import { readRecord } from '../../../data-plane/record/read-record.ts'
import { requestFrom } from '../../../data-plane/record/recorded.ts'
import { writeRecord } from '../../../data-plane/record/write-record.ts'
import { convertOptions } from '../../../data-plane/standalone/options.ts'
import { capturedRequest } from '../../support/captured-request.ts'

// Each test starts processes: on a busy machine that alone takes seconds.
vi.setConfig({ testTimeout: 60_000 })

const MAIN = new URL('../../../data-plane/main.ts', import.meta.url).pathname
const run = promisify(execFile)
const SECRETS = ['s3cr3t-session-of-jane', 'answer-token-0123456789']

const cleanups: (() => unknown)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

/** Two exchanges, one with a secret on each side and one that cannot be redacted, as a file. */
const aFile = (format: 'native' | 'pcap', redacted: boolean): string => {
  const folder = mkdtempSync(join(tmpdir(), 'convert-'))
  cleanups.push(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'traffic')
  const request = requestFrom({
    ...capturedRequest({ target: '/a', headers: ['Host', 'h', 'Cookie', `session=${SECRETS[0]}`] }),
  })
  const opaque = requestFrom({
    ...capturedRequest({ method: 'POST', headers: ['Host', 'h', 'Content-Encoding', 'unknown'] }),
    connection: { ...request.connection, id: 2, client: { address: '10.0.0.8', port: 50_000 } },
    body: Buffer.from('??'),
  })
  const production = {
    ...{ status: 200, reason: 'OK', headers: ['Set-Cookie', `session=${SECRETS[1]}`], trailers: [] },
    ...{ body: Buffer.alloc(0), bodyLength: 0, firstAt: request.lastAt + 5, lastAt: request.lastAt + 5 },
  }
  const exchanges = [
    { request, production, shadow: null },
    { request: opaque, production: null, shadow: null },
  ]
  writeFileSync(
    file,
    writeRecord(format, exchanges, { experiment: 'e', startedAt: '2026-11-26T14:00:00.000Z', redacted })
      .bytes,
  )
  return file
}

const converted = async (...args: string[]) => {
  const { stdout, stderr } = await run(process.execPath, [MAIN, '--convert', ...args], { encoding: 'buffer' })
  return { content: readRecord(stdout), text: stdout.toString('latin1'), stderr: stderr.toString() }
}

test('a capture becomes a HAR file, redacted, and what cannot be is left out and said', async () => {
  const { content, text, stderr } = await converted(aFile('pcap', false), '--as', 'har')

  for (const secret of SECRETS) expect(text).not.toContain(secret)
  expect(content).toMatchObject({ format: 'har', redacted: true })
  expect(content.exchanges.map(({ request, production }) => [request.target, production?.status])).toEqual([
    ['/a', 200],
  ])
  expect(stderr).toBe('gateway: left out: cannot be redacted (1)\n')
})

test('a record that was redacted keeps its pseudonyms in another format', async () => {
  const { content, text, stderr } = await converted(aFile('native', true), '--as', 'goreplay')

  for (const secret of SECRETS) expect(text).toContain(secret)
  expect(content.format).toBe('goreplay')
  expect(content.exchanges.length).toBe(2)
  expect(stderr).toBe('')
})

test.each([
  [['--as', 'csv'], /^--as csv: is one of native, har, goreplay, pcap$/],
  [[], /^--as FORMAT: is one of/],
  [['--as', 'har', '--shadow', 'http://a'], /^--shadow: not together with --convert/],
])('%j is refused in one line', (args, line) => {
  const options = () => convertOptions(['--convert', 'x', ...args], {})

  expect(options).toThrow(line)
})
