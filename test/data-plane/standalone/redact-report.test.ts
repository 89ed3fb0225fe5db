import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { writePcap } from '../../../data-plane/source/pcap.ts'
import { Conversation } from '../../support/conversation.ts'

const MAIN = new URL('../../../data-plane/main.ts', import.meta.url).pathname
const run = promisify(execFile)

test('a dry run says what would be replaced, by what and where, and no value', {
  timeout: 60_000,
}, async () => {
  const conversation = new Conversation().open()
  for (const request of [
    'GET /people/jane@corp.example HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer s3cr3t-value\r\n\r\n',
    'GET /products?page=2 HTTP/1.1\r\nHost: h\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Encoding: unknown\r\nContent-Length: 2\r\n\r\nhi',
  ]) {
    conversation.say('client', request)
    conversation.say('server', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  }
  const dir = await mkdtemp(join(tmpdir(), 'redact-report-'))
  const file = join(dir, 'a.pcap')
  await writeFile(
    file,
    writePcap(
      1,
      conversation.finish().packets.map(({ frame }, i) => ({ at: 1_795_000_000_000 + i, data: frame })),
    ),
  )

  const { stdout } = await run(process.execPath, [MAIN, '--redact-report', file])
  const refused = await run(process.execPath, [MAIN, '--redact-report', file, '--percent', '5']).catch(
    (error: { code: number; stderr: string }) => error,
  )
  await rm(dir, { recursive: true })

  expect(JSON.parse(stdout)).toEqual({
    ...{ requests: 3, changed: 1, unredactable: 1 },
    redacted: { 'credential.header': 1, 'email.path': 1 },
  })
  expect(stdout).not.toMatch(/jane|s3cr3t/)
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--percent: not together') })
})
