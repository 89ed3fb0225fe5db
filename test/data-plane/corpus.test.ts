import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readCapture } from '../../data-plane/source/pcap.ts'
import { startGateway } from '../support/gateway-process.ts'
import { headerOf, type Recorded, startRecordingShadow, until } from '../support/recording-shadow.ts'
import { sendDatagrams } from '../support/send-datagrams.ts'

/** Captured traffic with what is in it, kept beside the repository. */
const CORPUS = fileURLToPath(new URL('../../../shared/corpus/', import.meta.url))
const isPresent = existsSync(CORPUS)
if (!isPresent) console.log('the capture corpus is not beside this repository: its captures were not sent')

type Expected = {
  method: string | null
  uri: string | null
  host: string | null
  reqBodySha256: string | null
  reqMust: string | null
  tunnel?: { protocol: string } | null
}

/** The UDP payload of an Ethernet frame with IPv4 or IPv6 without extension headers. */
const udpPayload = (frame: Uint8Array): Buffer => {
  const isIpv4 = frame[12] === 8 && frame[13] === 0
  const udp = 14 + (isIpv4 ? ((frame[14] as number) & 15) * 4 : 40)
  const length = ((frame[udp + 4] as number) << 8) | (frame[udp + 5] as number)
  return Buffer.from(frame.subarray(udp + 8, udp + length))
}

const path = (uri: string): string => uri.replace(/^https?:\/\/[^/?]*/i, '')
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const expectedKey = ({ method, uri, host, reqBodySha256 }: Expected): string =>
  [method, path(uri ?? ''), host, reqBodySha256 ?? sha256(Buffer.alloc(0))].join(' ')
const recordedKey = (recorded: Recorded, ownHost: string): string => {
  const host = headerOf(recorded, recorded.isHttp2 ? ':authority' : 'host')
  return [recorded.method, recorded.url, host === ownHost ? null : host, sha256(recorded.body)].join(' ')
}
const count = (keys: string[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const key of keys.sort()) counts[key] = (counts[key] ?? 0) + 1
  return counts
}

test.skipIf(!isPresent)(
  'of every capture of the corpus, sent as UDP, each required request arrives exactly once and nothing else does',
  { timeout: 120_000 },
  async () => {
    const shadow = await startRecordingShadow()
    const gateway = await startGateway([
      ...['--listen', '127.0.0.1:0', '--health', '127.0.0.1:0', '--shadow', shadow.url],
    ])
    const required: string[] = []
    for (const name of readdirSync(`${CORPUS}/expected`)) {
      const { messages, vxlan } = JSON.parse(readFileSync(`${CORPUS}/expected/${name}`, 'utf8'))
      for (const message of messages as Expected[])
        if (
          message.reqMust === 'required' &&
          message.method !== 'CONNECT' &&
          (!message.tunnel || message.tunnel.protocol === 'h2c')
        )
          required.push(expectedKey(message))
      const datagrams = [...readCapture(readFileSync(`${CORPUS}/${vxlan.file}`))].map(({ data }) =>
        udpPayload(data),
      )
      await sendDatagrams(datagrams, gateway.udp)
    }

    await until(() => shadow.requests.length >= required.length, 20_000).catch(() => {})
    const { summary } = await gateway.stop()
    await shadow.stop()

    const ownHost = `127.0.0.1:${shadow.port}`
    expect(count(shadow.requests.map((recorded) => recordedKey(recorded, ownHost)))).toEqual(count(required))
    expect(summary.datagrams.kernel_overflow).toBe(0)
    expect(summary.violations).toEqual([])
  },
)
