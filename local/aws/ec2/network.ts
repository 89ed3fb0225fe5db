import { AwsError } from '../aws-error.ts'
import { boolean, integer, list, string } from '../protocol/shape.ts'
import { type Action, action } from '../service.ts'
import type { State } from '../state.ts'
import type { InstanceTypeDeclaration, SubnetDeclaration, VpcDeclaration } from '../world.ts'
import { cidrContains, cidrSize } from './cidr.ts'
import { chosen, filtered, filtersMember, page, type Readers } from './describe.ts'
import { dryRunOperation } from './errors.ts'
import { tagSet, tagsAt } from './tag-rules.ts'

/** AWS keeps five addresses of each subnet. */
const RESERVED_ADDRESSES = 5

/** The parts of the network that do not change: VPCs, subnets, instance types. */
export function networkActions(state: State): Record<string, Action> {
  const paging = { Filters: filtersMember, MaxResults: integer, NextToken: string, DryRun: boolean }
  return {
    DescribeVpcs: action(
      { VpcIds: list(string, 'VpcId'), ...paging },
      (input) => {
        if (input.DryRun) throw dryRunOperation()
        const rows = chosen(state.world.vpcs, idOf, input.VpcIds, (id) =>
          notFound('InvalidVpcID.NotFound', 'vpc ID', id),
        )
        const tagsOf = (row: VpcDeclaration) => tagsAt(state, row.id, 0)
        const shown = page(filtered(rows, input.Filters, vpcReaders(state), tagsOf), idOf, input, false)
        return {
          vpcSet: shown.rows.map((row) => ({
            vpcId: row.id,
            ownerId: state.world.account,
            state: 'available',
            cidrBlock: row.cidr,
            instanceTenancy: 'default',
            isDefault: false,
            tagSet: tagSet(tagsAt(state, row.id, 0)),
          })),
          nextToken: shown.nextToken,
        }
      },
      { readOnly: true },
    ),

    DescribeSubnets: action(
      { SubnetIds: list(string, 'SubnetId'), ...paging },
      (input) => {
        if (input.DryRun) throw dryRunOperation()
        const rows = chosen(state.world.subnets, idOf, input.SubnetIds, (id) =>
          notFound('InvalidSubnetID.NotFound', 'subnet ID', id),
        )
        const tagsOf = (row: SubnetDeclaration) => tagsAt(state, row.id, 0)
        const shown = page(filtered(rows, input.Filters, subnetReaders(state), tagsOf), idOf, input, false)
        return {
          subnetSet: shown.rows.map((row) => ({
            subnetId: row.id,
            subnetArn: state.arn('ec2', `subnet/${row.id}`),
            state: 'available',
            ownerId: state.world.account,
            vpcId: row.vpcId,
            cidrBlock: row.cidr,
            availableIpAddressCount: freeAddresses(state, row),
            availabilityZone: row.availabilityZone,
            availabilityZoneId: row.availabilityZoneId,
            defaultForAz: false,
            mapPublicIpOnLaunch: false,
            ipv6Native: row.ipv6Only ?? false,
            tagSet: tagSet(tagsAt(state, row.id, 0)),
          })),
          nextToken: shown.nextToken,
        }
      },
      { readOnly: true },
    ),

    DescribeInstanceTypes: action(
      { InstanceTypes: list(string, 'InstanceType'), ...paging },
      (input) => {
        if (input.DryRun) throw dryRunOperation()
        const rows = chosen(
          state.world.instanceTypes,
          nameOf,
          input.InstanceTypes,
          (id) =>
            new AwsError(
              'InvalidInstanceType',
              `The following supplied instance types do not exist: [${id}]`,
            ),
        )
        const shown = page(filtered(rows, input.Filters, typeReaders, null), nameOf, input, false)
        return { instanceTypeSet: shown.rows.map(typeXml), nextToken: shown.nextToken }
      },
      { readOnly: true },
    ),
  }
}

const idOf = (row: { id: string }) => row.id
const nameOf = (row: { name: string }) => row.name

const notFound = (code: string, what: string, id: string): AwsError =>
  new AwsError(code, `The ${what} '${id}' does not exist`)

const vpcReaders = (state: State): Readers<VpcDeclaration> => ({
  cidr: (row) => [row.cidr],
  'owner-id': () => [state.world.account],
  state: () => ['available'],
  'vpc-id': (row) => [row.id],
})

const subnetReaders = (state: State): Readers<SubnetDeclaration> => ({
  'availability-zone': (row) => [row.availabilityZone],
  'availability-zone-id': (row) => [row.availabilityZoneId],
  'cidr-block': (row) => [row.cidr],
  'owner-id': () => [state.world.account],
  state: () => ['available'],
  'subnet-id': (row) => [row.id],
  'vpc-id': (row) => [row.vpcId],
})

const typeReaders: Readers<InstanceTypeDeclaration> = {
  'bare-metal': (row) => [String(isMetal(row))],
  hypervisor: (row) => [row.hypervisor],
  'instance-type': (row) => [row.name],
}

const isMetal = ({ name }: InstanceTypeDeclaration) => name.includes('.metal')

function freeAddresses(state: State, { id, cidr }: SubnetDeclaration): number {
  const used = state.networkInterfaces
    .list()
    .filter((row) => row.subnetId === id && cidrContains(cidr, row.privateIp)).length
  return Math.max(0, cidrSize(cidr) - RESERVED_ADDRESSES - used)
}

function typeXml(row: InstanceTypeDeclaration) {
  return {
    instanceType: row.name,
    currentGeneration: true,
    bareMetal: isMetal(row),
    hypervisor: isMetal(row) ? undefined : row.hypervisor,
    vCpuInfo: { defaultVCpus: row.vcpus },
    memoryInfo: { sizeInMiB: row.memoryMiB },
    networkInfo: {
      networkPerformance:
        row.baselineGbps === row.peakGbps ? `${row.peakGbps} Gigabit` : `Up to ${row.peakGbps} Gigabit`,
      maximumNetworkCards: 1,
      defaultNetworkCardIndex: 0,
      networkCards: [
        {
          networkCardIndex: 0,
          baselineBandwidthInGbps: row.baselineGbps,
          peakBandwidthInGbps: row.peakGbps,
        },
      ],
    },
  }
}
