import type { MirroredSession } from '../aws/mirroring-snapshot.ts'

/**
 * Most bytes after the VXLAN header that go to a network load balancer.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTrafficMirrorSession.html (PacketLength)
 */
const LOAD_BALANCER_MAX = 8500

/** The part of a frame that is mirrored: PacketLength counts from the inner Ethernet header on. */
export const truncate = (
  session: Pick<MirroredSession, 'packetLength' | 'target'>,
  frame: Buffer,
): Buffer => {
  const limit = session.packetLength ?? (session.target.kind === 'load-balancer' ? LOAD_BALANCER_MAX : null)
  return limit === null ? frame : frame.subarray(0, limit)
}
