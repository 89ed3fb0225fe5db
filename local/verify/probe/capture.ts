import { readFile } from 'node:fs/promises'
import { readCapture } from '../../../data-plane/source/pcap.ts'
import { Fragments } from '../../../data-plane/wire/fragments.ts'
import * as link from '../../../data-plane/wire/link.ts'
import { decodeFrame, decodeNetwork, Packet } from '../../../data-plane/wire/packet.ts'
import * as vxlan from '../../../data-plane/wire/vxlan.ts'
import { type Findings, type Probe, unseen } from '../probe.ts'

const SWITCHES = ['sourcePortSymmetry', 'sourcePortMin', 'sourcePortMax'] as const

/** Outer source ports of mirrored packets. */
export const capture: Probe = {
  switches: SWITCHES,
  missing: ({ capture: file }) => (file === undefined ? 'needs --capture FILE' : null),
  changes: null,
  run: async ({ options }) => findingsOf(await readFile(options.capture ?? '')),
}

/** By TCP connection, the outer source ports of each direction. */
type Connection = { there: Set<number>; back: Set<number> }

const findingsOf = (file: Buffer): Findings => {
  const connections = new Map<string, Connection>()
  let [least, most] = [Number.POSITIVE_INFINITY, 0]
  const [outer, inner, fragments] = [new Packet(), new Packet(), new Fragments()]
  for (const { at, linkType, data } of readCapture(file)) {
    if (!isMirrored(outer, fragments, linkType, data, at)) continue
    least = Math.min(least, outer.sourcePort)
    most = Math.max(most, outer.sourcePort)
    const start = outer.start + vxlan.HEADER_LENGTH
    if (decodeFrame(inner, fragments, outer.buffer, start, outer.end, at) !== 'tcp') continue
    const [from, to] = endsOf(inner)
    const key = [vxlan.vni(outer.buffer, outer.start), ...[from, to].sort()].join(' ')
    const connection = connections.get(key) ?? { there: new Set(), back: new Set() }
    connection[from < to ? 'there' : 'back'].add(outer.sourcePort)
    connections.set(key, connection)
  }
  if (most === 0) return unseen(SWITCHES, 'the capture has no mirrored packet: VXLAN over UDP 4789')
  const whole = [...connections.values()].filter(({ there, back }) => there.size > 0 && back.size > 0)
  const symmetric = whole.filter(({ there, back }) => new Set([...there, ...back]).size === 1).length
  const note = `${symmetric} of ${whole.length} TCP connections seen from both sides`
  return {
    sourcePortSymmetry:
      whole.length === 0
        ? { unseen: 'the capture has no TCP connection seen from both sides' }
        : { value: symmetric === whole.length, note },
    sourcePortMin: { value: least, note: 'the lowest seen' },
    sourcePortMax: { value: most, note: 'the highest seen' },
  }
}

const isMirrored = (
  packet: Packet,
  fragments: Fragments,
  linkType: number,
  b: Buffer,
  at: number,
): boolean => {
  const kind =
    linkType === link.ETHERNET
      ? decodeFrame(packet, fragments, b, 0, b.length, at)
      : bare(packet, fragments, linkType, b, at)
  const length = packet.end - packet.start
  return (
    kind === 'udp' &&
    packet.destinationPort === vxlan.PORT &&
    vxlan.isLongEnough(length) &&
    vxlan.hasVni(packet.buffer, packet.start)
  )
}

const bare = (packet: Packet, fragments: Fragments, linkType: number, b: Buffer, at: number) => {
  const network = link.network(linkType, b, 0, b.length)
  if (network === null) return 'cut'
  return decodeNetwork(packet, fragments, network.etherType, b, network.offset, network.end, at)
}

const endsOf = (p: Packet): [string, string] => [
  `${p.source0}.${p.source1}.${p.source2}.${p.source3}:${p.sourcePort}`,
  `${p.destination0}.${p.destination1}.${p.destination2}.${p.destination3}:${p.destinationPort}`,
]
