import { StopInstancesCommand } from '@aws-sdk/client-ec2'
import { describe, expect, it } from 'vitest'
import type { Source } from '../../../contract/source.ts'
import { type ResolvedSource, resolveSource } from '../../../functions/mirror/sources.ts'
import { startTestCloud } from '../../support/aws-clients.ts'
import * as world from '../../support/aws-world.ts'
import * as fleet from '../../support/fleet-world.ts'

const PATIENT = { timeout: 30_000 }

const resolved = async (source: Source, options?: Parameters<typeof fleet.fleetWorld>[0]) =>
  resolveSource(await startTestCloud({ world: fleet.fleetWorld(options) }), source)

const ids = ({ sources }: ResolvedSource) => sources.map(({ eni }) => eni)
const verdicts = ({ sources }: ResolvedSource) =>
  Object.fromEntries(sources.map(({ eni, verdict }) => [eni, verdict]))

describe('an Auto Scaling group', PATIENT, () => {
  it('is its instances in service, each by its first interface', async () => {
    const clients = await startTestCloud({ world: fleet.fleetWorld() })
    await clients.ec2.send(new StopInstancesCommand({ InstanceIds: [world.instance(5)] }))

    const found = await resolveSource(clients, { by: 'auto-scaling-group', names: ['checkout'] })

    expect(found.sources).toHaveLength(world.instances - 1)
    expect(ids(found)).not.toContain(world.eni(5))
    expect(ids(found)).not.toContain(fleet.secondaryEni)
    expect(found.missing).toEqual([])
  })

  it('that is empty or unknown is named, over more than one page of groups', async () => {
    const names = [...Array.from({ length: 120 }, (_, n) => `empty-${n}`), 'checkout', 'nowhere']
    const found = await resolved({ by: 'auto-scaling-group', names })

    expect(found.sources).toHaveLength(world.instances)
    expect(found.missing).toHaveLength(121)
    expect(found.missing).toContain('There is no Auto Scaling group nowhere.')
    expect(found.missing).toContain('The Auto Scaling group empty-119 has no instance in service.')
  })

  it('has secondary interfaces on request', async () => {
    const found = await resolved({ by: 'auto-scaling-group', names: ['checkout'], interfaces: 'all' })

    expect(found.sources).toHaveLength(world.instances + 1)
    expect(ids(found)).toContain(fleet.secondaryEni)
  })
})

describe('an ECS service on EC2', PATIENT, () => {
  it('in bridge mode is the instances its tasks run on, each once, over more than one page of tasks', async () => {
    const source: Source = { by: 'ecs-service', cluster: 'shop', services: ['bridged'] }
    const found = await resolved(source, { bridgeTasks: 230 })

    expect(verdicts(found)).toEqual({ [world.eni(fleet.bridgeHost)]: 'supported' })
  })

  it('with task interfaces is these, which no list knows', async () => {
    const found = await resolved({
      by: 'ecs-service',
      cluster: fleet.shopCluster,
      services: ['own-interface'],
    })

    expect(verdicts(found)).toEqual({ [fleet.taskEni]: 'unknown' })
  })

  it('that does not exist is named', async () => {
    const service = await resolved({ by: 'ecs-service', cluster: 'shop', services: ['none', 'bridged'] })
    const cluster = await resolved({ by: 'ecs-service', cluster: 'nowhere', services: ['bridged'] })

    expect(service.missing).toEqual(['There is no ECS service none in the cluster shop.'])
    expect(ids(service)).toEqual([world.eni(fleet.bridgeHost)])
    expect(cluster.missing).toEqual(['There is no ECS cluster nowhere.'])
  })

  it('loses the tasks of an instance that stops', async () => {
    const clients = await startTestCloud({ world: fleet.fleetWorld() })
    await clients.ec2.send(new StopInstancesCommand({ InstanceIds: [world.instance(fleet.bridgeHost)] }))

    const found = await resolveSource(clients, { by: 'ecs-service', cluster: 'shop', services: ['bridged'] })

    expect(found).toMatchObject({ sources: [], missing: ['The ECS service bridged has no running task.'] })
  })
})

describe('interfaces of AWS services', PATIENT, () => {
  it('of RDS and ElastiCache are supported', async () => {
    const rds = await resolved({ by: 'database', service: 'rds' })
    const cache = await resolved({ by: 'database', service: 'elasticache', subnets: [world.subnetB] })

    expect(verdicts(rds)).toEqual({ [world.rdsEni]: 'supported' })
    expect(verdicts(cache)).toEqual({ [fleet.cacheEni]: 'supported' })
  })

  it('of an application load balancer are undocumented; another kind of balancer is named', async () => {
    const found = await resolved({ by: 'load-balancer', names: ['front', 'mirror', 'none'] })

    expect(verdicts(found)).toEqual({ [fleet.balancerEni]: 'undocumented' })
    expect(found.missing).toEqual([
      'mirror is a network load balancer, which passes packets on: mirror its targets.',
      'There is no load balancer none.',
    ])
  })
})

describe('a source', PATIENT, () => {
  const tagged = { by: 'tag', match: 'all', tags: { service: 'checkout' } } as const

  it('leaves out what it excludes by interface, instance or tag, and says so', async () => {
    const found = await resolved({
      ...tagged,
      exclude: { enis: [world.eni(1)], instances: [world.instance(2)], tags: { Name: 'checkout-3' } },
    })

    expect(found.sources).toHaveLength(world.instances - 3)
    expect(found.excluded.map(({ source: { eni }, why }) => [eni, why])).toEqual([
      [world.eni(1), 'The source excludes it.'],
      [world.eni(2), `The source excludes its instance, ${world.instance(2)}.`],
      [world.eni(3), 'The source excludes the tag Name = checkout-3.'],
    ])
  })

  it('is narrowed to subnets and VPCs, and says when nothing is left', async () => {
    const inB = await resolved({ ...tagged, subnets: [world.subnetB] })
    const elsewhere = await resolved({ ...tagged, vpcs: ['vpc-0fffffffffffffff0'] })

    expect(inB.sources.map(({ subnet }) => subnet)).toEqual(Array(world.instances / 2).fill(world.subnetB))
    expect(elsewhere.sources).toEqual([])
    expect(elsewhere.excluded).toHaveLength(world.instances)
    expect(elsewhere.missing).toEqual([
      'Everything that the source finds is left out by its own scope and exclusions.',
    ])
  })

  it('of another account finds nothing that is not its own', async () => {
    const found = await resolved({ ...tagged, account: '999999999999' })

    expect(found.sources).toEqual([])
    expect(found.excluded[0]?.why).toBe('It belongs to the account 111122223333, not 999999999999.')
  })
})
