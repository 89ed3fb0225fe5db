import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { exchangesOf, lineOf } from '../../data-plane/extract.ts'
import { writePcap } from '../../data-plane/source/pcap.ts'
import { parseAddress } from '../../data-plane/wire/address.ts'
import { ethernetFrame, genevePayload, udpPacket, vxlanPayload } from '../../data-plane/wire/emit.ts'
import { Conversation } from '../support/conversation.ts'

const run = promisify(execFile)
const ROOT = resolve(import.meta.dirname, '../..')
/** A collection of real captures with what is in them; it lies beside the checkout where there is one. */
const CORPUS = resolve(ROOT, '../shared/corpus')

function conversation(client: string, server: string): Conversation {
  const c = new Conversation({ client, server }).open()
  c.say('client', 'POST /a?b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n')
  c.say('server', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok')
  return c.finish()
}

const EXPECTED = {
  conn: 0,
  kind: 'http1',
  method: 'POST',
  uri: '/a?b',
  version: '1.1',
  host: 'h',
  reqBodyLen: 3,
  reqBodySha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  reqComplete: true,
  status: 201,
  respVersion: '1.1',
  respBodyLen: 2,
  respBodySha256: '2689367b205c16ce32ed4200942b8b8b1e262dfc70d9bc9fbc77c49699a4f1df',
  respComplete: true,
  interim: [100],
}

describe('extract', () => {
  const plain = (link: number, header: Buffer, strip: number): Buffer =>
    writePcap(
      link,
      conversation('fd00::1', 'fd00::2').packets.map(({ frame }, i) => ({
        at: 1000 + i,
        data: Buffer.concat([header, frame.subarray(strip)]),
      })),
    )
  const sll2 = Buffer.alloc(20)
  sll2.writeUInt16BE(0x86dd, 0)
  const sll = Buffer.alloc(16)
  sll.writeUInt16BE(0x86dd, 14)
  // A time stamp attribute (padded) before the payload attribute, whose length is not checked against the packet's.
  const nflog = Buffer.from([10, 0, 0, 0, 7, 0, 3, 0, 1, 2, 3, 0, 0xff, 0x0f, 9, 0])

  test.each([
    ['EN10MB', 1, Buffer.alloc(0), 0],
    ['NULL', 0, Buffer.from([30, 0, 0, 0]), 14],
    ['LOOP', 108, Buffer.from([0, 0, 0, 24]), 14],
    ['RAW', 101, Buffer.alloc(0), 14],
    ['IPV6', 229, Buffer.alloc(0), 14],
    ['LINUX_SLL', 113, sll, 14],
    ['LINUX_SLL2', 276, sll2, 14],
    ['NFLOG', 239, nflog, 14],
  ])('reads link type %s', (_, link, header, strip) => {
    const lines = exchangesOf(plain(link, header, strip)).map(lineOf)

    expect(lines).toEqual([{ vni: null, client: '[fd00::1]:40000', server: '[fd00::2]:80', ...EXPECTED }])
  })

  const mirrored = (outer: [string, string]): Buffer =>
    writePcap(
      1,
      conversation('10.0.0.1', '10.0.0.2').packets.map(({ frame }, i) => {
        const [source, destination] = outer.map(parseAddress) as [Uint8Array, Uint8Array]
        const ports = { sourcePort: 65_400, destinationPort: 4789 }
        return {
          at: 1000 + i,
          data: ethernetFrame(udpPacket({ source, destination }, ports, vxlanPayload(77, frame))),
        }
      }),
    )

  test('reads VXLAN in GENEVE, as a Gateway Load Balancer forwards it', () => {
    const [eni, endpoint] = [parseAddress('10.0.0.2'), parseAddress('10.0.9.9')]
    const [balancer, task] = [parseAddress('10.0.5.5'), parseAddress('10.0.6.6')]
    const file = writePcap(
      1,
      conversation('10.0.0.1', '10.0.0.2').packets.map(({ frame }, i) => {
        const mirrored = udpPacket(
          { source: eni, destination: endpoint },
          { sourcePort: 65_400, destinationPort: 4789 },
          vxlanPayload(77, frame),
        )
        const outer = { sourcePort: 60_001, destinationPort: 6081 }
        const options = [{ class: 0x0108, type: 1, data: Buffer.alloc(8) }]
        return {
          at: 1000 + i,
          data: ethernetFrame(
            udpPacket({ source: balancer, destination: task }, outer, genevePayload(mirrored, options)),
          ),
        }
      }),
    )

    const lines = exchangesOf(file).map(lineOf)

    expect(lines).toEqual([{ vni: 77, client: '10.0.0.1:40000', server: '10.0.0.2:80', ...EXPECTED }])
  })

  test.each([[['192.0.2.1', '192.0.2.2']], [['fd00::a', 'fd00::b']]])('reads VXLAN from %s', (outer) => {
    const lines = exchangesOf(mirrored(outer as [string, string])).map(lineOf)

    expect(lines).toEqual([{ vni: 77, client: '10.0.0.1:40000', server: '10.0.0.2:80', ...EXPECTED }])
  })

  test('prints one line per exchange, and one clear line for a file it cannot read', {
    timeout: 30_000,
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'extract-'))
    writeFileSync(join(folder, 'good.pcap'), mirrored(['192.0.2.1', '192.0.2.2']))
    writeFileSync(join(folder, 'bad.pcap'), 'no capture')
    const extract = (...args: string[]) =>
      run(process.execPath, [join(ROOT, 'data-plane/extract.ts'), ...args])

    const good = await extract(join(folder, 'good.pcap'))

    expect(good.stdout.trim().split('\n').length).toBe(1)
    expect(JSON.parse(good.stdout)).toMatchObject({ vni: 77, status: 201 })
    await expect(extract(join(folder, 'bad.pcap'))).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^.*bad\.pcap: not a capture file.*\n$/),
    })
    await expect(extract(join(folder, 'none.pcap'))).rejects.toMatchObject({ code: 1, stdout: '' })
    await expect(extract()).rejects.toMatchObject({ code: 2 })
  })
})

type Message = Record<string, unknown> & { reqMust?: string; respMust?: string }

describe('captures of real traffic', () => {
  if (!existsSync(CORPUS)) {
    test('are not here', () => {
      console.log(`not run: no captures at ${CORPUS}`)
    })
    return
  }
  const files = ['pcaps', 'vxlan'].flatMap((folder) =>
    readdirSync(join(CORPUS, folder)).map((name) => join(folder, name)),
  )
  const pick = (m: Message, keys: readonly string[]): string =>
    JSON.stringify(keys.map((key) => m[key] ?? null))
  const REQUEST = ['client', 'server', 'method', 'uri', 'host', 'reqBodySha256']
  const RESPONSE = ['client', 'server', 'status', 'respBodySha256']

  test.each(files)('%s gives what is in it and nothing else', (file) => {
    const id = basename(file).replace(/\.pcap(ng)?$/, '')
    const { messages } = JSON.parse(readFileSync(join(CORPUS, 'expected', `${id}.json`), 'utf8')) as {
      messages: Message[]
    }
    const got = exchangesOf(readFileSync(join(CORPUS, file))).map(lineOf) as Message[]

    for (const [keys, must, has, whole] of [
      [REQUEST, 'reqMust', 'method', 'reqComplete'],
      [RESPONSE, 'respMust', 'status', 'respComplete'],
    ] as const) {
      const seen = got.filter((m) => m[has] !== null && m[whole] === true).map((m) => pick(m, keys))
      const required = messages.filter((m) => m[must] === 'required').map((m) => pick(m, keys))
      const allowed = messages
        .filter((m) => m[must] === 'recoverable' || m[must] === 'optional')
        .map((m) => pick(m, keys))
      for (const key of required) expect(seen.splice(seen.indexOf(key), 1)).toEqual([key])
      for (const key of seen) expect(allowed).toContain(key)
    }
  })
})
