import { CreateTagsCommand, StopInstancesCommand } from '@aws-sdk/client-ec2'
import { describe, expect, it } from 'vitest'
import { BadInterfaceToken } from '../../../functions/mirror/interfaces.ts'
import { listInterfaces, resolveSource } from '../../../functions/mirror/sources.ts'
import { startTestCloud } from '../../support/aws-clients.ts'
import * as world from '../../support/aws-world.ts'

const PATIENT = { timeout: 30_000 }

describe('a source', PATIENT, () => {
  it('by ENI is resolved in full, with what is missing named', async () => {
    const clients = await startTestCloud()

    const found = await resolveSource(clients, {
      by: 'eni',
      ids: [world.eni(2), 'eni-0123456789abcdef0', world.eni(1)],
    })

    expect(found.sources.map(({ eni }) => eni)).toEqual([world.eni(1), world.eni(2)])
    expect(found.sources[1]).toEqual({
      eni: world.eni(2),
      address: '10.0.2.2',
      mac: '02:00:00:00:00:02',
      instance: world.instance(2),
      instanceType: 'c6i.large',
      name: 'checkout-2',
      availabilityZone: 'us-east-1b',
      vpc: world.vpcId,
      subnet: world.subnetB,
      verdict: 'supported',
      reason: 'AWS mirrors the c6i instance family.',
      tags: expect.objectContaining({ service: 'checkout', 'aws:autoscaling:groupName': 'checkout' }),
    })
    expect(found.missing).toEqual(['There is no network interface eni-0123456789abcdef0.'])
    expect(found.capacity.get(world.eni(1))).toEqual({ baselineBps: 0.781e9, peakBps: 12.5e9 })
  })

  it('by instance is its first interface', async () => {
    const clients = await startTestCloud()

    const found = await resolveSource(clients, {
      by: 'instance',
      ids: [world.instance(3), 'i-0123456789abcdef0'],
    })

    expect(found.sources.map(({ eni }) => eni)).toEqual([world.eni(3)])
    expect(found.missing).toEqual(['There is no instance i-0123456789abcdef0 with a network interface.'])
  })

  it('by tag is found on instances and on interfaces, all of the tags or any', async () => {
    const clients = await startTestCloud()
    await clients.ec2.send(
      new CreateTagsCommand({ Resources: [world.rdsEni], Tags: [{ Key: 'team', Value: 'payments' }] }),
    )
    const tags = { service: 'checkout', Name: 'checkout-4' }

    const all = await resolveSource(clients, { by: 'tag', match: 'all', tags })
    const any = await resolveSource(clients, { by: 'tag', match: 'any', tags: { ...tags, team: 'payments' } })
    const none = await resolveSource(clients, {
      by: 'tag',
      match: 'all',
      tags: { ...tags, team: 'payments' },
    })

    expect(all.sources.map(({ eni }) => eni)).toEqual([world.eni(4)])
    expect(any.sources).toHaveLength(world.instances + 1)
    expect(none).toMatchObject({
      sources: [],
      missing: ['No instance or network interface carries these tags.'],
    })
  })

  it('gets a verdict from everything that AWS’s interfaces tell', async () => {
    const clients = await startTestCloud()
    await clients.ec2.send(new StopInstancesCommand({ InstanceIds: [world.instance(5)] }))

    const { sources } = await resolveSource(clients, {
      by: 'eni',
      ids: [
        world.eni(1),
        world.eni(5),
        world.rdsEni,
        world.albEni,
        world.lambdaEni,
        world.vpcEndpointEni,
        world.newFamilyEni,
        world.looseEni,
        world.futureFamilyEni,
        world.ipv6OnlyEni,
      ],
    })

    expect(Object.fromEntries(sources.map(({ eni, verdict }) => [eni, verdict]))).toEqual({
      [world.eni(1)]: 'supported',
      [world.eni(5)]: 'unsupported',
      [world.rdsEni]: 'supported',
      [world.albEni]: 'undocumented',
      [world.lambdaEni]: 'unsupported',
      [world.vpcEndpointEni]: 'unsupported',
      [world.newFamilyEni]: 'unsupported',
      [world.looseEni]: 'unsupported',
      [world.futureFamilyEni]: 'unknown',
      [world.ipv6OnlyEni]: 'unsupported',
    })
  })
})

describe('all interfaces', PATIENT, () => {
  it('come in pages', async () => {
    const { ec2 } = await startTestCloud()

    const seen: string[] = []
    let nextToken: string | null = null
    do {
      const page: Awaited<ReturnType<typeof listInterfaces>> = await listInterfaces(ec2, {
        maxResults: 7,
        ...(nextToken !== null && { nextToken }),
      })
      seen.push(...page.sources.map(({ eni }) => eni))
      nextToken = page.nextToken
    } while (nextToken !== null)

    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toEqual(expect.arrayContaining([world.eni(1), world.rdsEni, world.futureFamilyEni]))
  })

  it('refuse a token that no page gave', async () => {
    const { ec2 } = await startTestCloud()

    await expect(listInterfaces(ec2, { maxResults: 7, nextToken: 'nonsense' })).rejects.toThrow(
      BadInterfaceToken,
    )
  })
})
