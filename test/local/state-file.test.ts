import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { chooseNetwork, endpointOf, faceOf, freePort, holdNetwork } from '../../local/network.ts'
import { loadState } from '../../local/state-file.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const folder = async () => {
  const made = await mkdtemp(join(tmpdir(), 'state-'))
  closing.push(() => rm(made, { recursive: true }))
  return join(made, 'new')
}

describe('the addresses of the local system', () => {
  test('are the same after a restart with the same folder, and others without one', async () => {
    const data = await folder()

    const first = await loadState(data, Math.random)
    const again = await loadState(data, Math.random)

    expect(again).toEqual(first)
    expect((await loadState(null, () => 0.999)).network).not.toEqual(first.network)
  })

  test('are one process’s at a time', async () => {
    const network = await chooseNetwork(Math.random)

    expect([await holdNetwork(network), await holdNetwork(network)]).toEqual([true, false])
  })

  test('are not guessed when the folder holds something else', async () => {
    const data = await folder()
    await loadState(data, Math.random)
    await writeFile(join(data, 'local.json'), '{"version":2}')

    await expect(loadState(data, Math.random)).rejects.toThrow(/another version/)
  })

  test('are 127.0.0.1 and different ports where they must be shared', async () => {
    const network = await chooseNetwork(Math.random, 'shared')

    const places = ['orders-1', 'orders-1-app', 'orders-2', 'orders-2-app', 'own', 'shadow'] as const
    const endpoints = places.map((place) => endpointOf(network, place))
    expect(new Set(endpoints.map(({ ip }) => ip))).toEqual(new Set(['127.0.0.1']))
    expect(new Set(endpoints.map(({ port }) => port)).size).toBe(places.length)
    expect(faceOf(network, 'orders-1')).toEqual({ ip: '127.0.0.1', port: 8080 })
  })

  test('are not free where a program has the port on every address', async () => {
    const everywhere = createServer().listen(0, '0.0.0.0')
    closing.push(() => everywhere.close())
    await once(everywhere, 'listening')
    const address = everywhere.address()

    const free = await freePort('127.0.0.1', typeof address === 'object' && address ? address.port : 0)

    expect(free).toBeNull()
  })
})
