import { type EC2Client, paginateDescribeTrafficMirrorTargets } from '@aws-sdk/client-ec2'

const PAGE = 1000

/** ENIs that are mirror targets: none of them can be a source (traffic mirroring guide, limitations). */
export const describeTargetEnis = async (ec2: EC2Client): Promise<ReadonlySet<string>> => {
  const enis = new Set<string>()
  for await (const page of paginateDescribeTrafficMirrorTargets({ client: ec2, pageSize: PAGE }, {}))
    for (const { NetworkInterfaceId: eni } of page.TrafficMirrorTargets ?? []) if (eni) enis.add(eni)
  return enis
}
