import {
  DescribeNetworkInterfacesCommand,
  type EC2Client,
  type Filter,
  type NetworkInterface,
  paginateDescribeNetworkInterfaces,
} from '@aws-sdk/client-ec2'
import { chunked } from './chunks.ts'

/** A filter of EC2 takes 200 values. */
export const FILTER_VALUES = 200
const PAGE = 1000

/** All pages of what passes every filter. */
export const interfacesWith = async (ec2: EC2Client, filters: Filter[]): Promise<NetworkInterface[]> => {
  const found: NetworkInterface[] = []
  for await (const page of paginateDescribeNetworkInterfaces(
    { client: ec2, pageSize: PAGE },
    { Filters: filters },
  ))
    found.push(...(page.NetworkInterfaces ?? []))
  return found
}

/** Asked by filter and not by id: an id that is gone then is absent from the answer and not an error for all. */
export const interfacesBy = async (
  ec2: EC2Client,
  name: string,
  values: Iterable<string>,
): Promise<NetworkInterface[]> => {
  const found: NetworkInterface[] = []
  for (const Values of chunked([...values], FILTER_VALUES))
    found.push(...(await interfacesWith(ec2, [{ Name: name, Values }])))
  return found
}

/** Those of instances: the first one of each, or all that are attached to them. */
export const interfacesOfInstances = async (
  ec2: EC2Client,
  instances: Iterable<string>,
  which: 'primary' | 'all' = 'primary',
): Promise<NetworkInterface[]> => {
  const found = await interfacesBy(ec2, 'attachment.instance-id', instances)
  return which === 'all' ? found : found.filter(({ Attachment }) => Attachment?.DeviceIndex === 0)
}

/** One page of all network interfaces of the account and Region. @throws BadInterfaceToken */
export const interfacePage = async (
  ec2: EC2Client,
  page: { maxResults: number; nextToken?: string | undefined },
): Promise<{ interfaces: NetworkInterface[]; nextToken: string | null }> => {
  const answer = await ec2
    .send(
      new DescribeNetworkInterfacesCommand({
        MaxResults: page.maxResults,
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      }),
    )
    .catch((error: unknown) => {
      if (page.nextToken !== undefined && isBadToken(error)) throw new BadInterfaceToken({ cause: error })
      throw error
    })
  return { interfaces: answer.NetworkInterfaces ?? [], nextToken: answer.NextToken ?? null }
}

export class BadInterfaceToken extends Error {
  constructor(options?: ErrorOptions) {
    super('nextToken is not one that this list gave', options)
    this.name = 'BadInterfaceToken'
  }
}

const isBadToken = (error: unknown): boolean =>
  error instanceof Error &&
  ['InvalidNextToken', 'InvalidParameterValue', 'InvalidPaginationToken'].includes(error.name)
