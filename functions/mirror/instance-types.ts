import { DescribeInstanceTypesCommand, type EC2Client } from '@aws-sdk/client-ec2'
import { chunked } from './chunks.ts'

/** What the network of one instance can carry, in bits per second; 0 where AWS does not say. */
export type NetworkCapacity = { baselineBps: number; peakBps: number }

/** A page of DescribeInstanceTypes. */
const TYPES = 100

/** By filter: a type that this Region’s API does not know is left out then, and not an error for all. */
export const capacityOfTypes = async (
  ec2: EC2Client,
  types: Iterable<string>,
): Promise<Map<string, NetworkCapacity>> => {
  const capacity = new Map<string, NetworkCapacity>()
  for (const Values of chunked([...types], TYPES)) {
    const answer = await ec2.send(
      new DescribeInstanceTypesCommand({ Filters: [{ Name: 'instance-type', Values }], MaxResults: TYPES }),
    )
    for (const { InstanceType: name = '', NetworkInfo } of answer.InstanceTypes ?? []) {
      const cards = NetworkInfo?.NetworkCards ?? []
      const total = (gbps: (card: (typeof cards)[number]) => number | undefined) =>
        cards.reduce((sum, card) => sum + (gbps(card) ?? 0) * 1e9, 0)
      const baselineBps = total((card) => card.BaselineBandwidthInGbps)
      capacity.set(name, { baselineBps, peakBps: total((card) => card.PeakBandwidthInGbps) || baselineBps })
    }
  }
  return capacity
}
