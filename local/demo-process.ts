import { once } from 'node:events'
import type { Server } from 'node:http'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { Database } from './demo/database.ts'
import { publishFigures } from './demo/figures.ts'
import { writePast } from './demo/past.ts'
import { createProduction } from './demo/production.ts'
import { seeded } from './demo/random.ts'
import { createShadow } from './demo/shadow.ts'
import { restoreForExperiments } from './demo/snapshot.ts'
import { startTraffic } from './demo/traffic.ts'
import { runChild } from './run-child.ts'

type Endpoint = { ip: string; port: number }

export type DemoOptions = {
  /** Production’s instances: where each really listens, and the relay in front of it. */
  instances: readonly { app: Endpoint; front: Endpoint }[]
  shadow: Endpoint
  /** What production runs, beside the shadow. */
  control: Endpoint
  /** Addresses of the load balancer in front of production. */
  clients: readonly string[]
  seed: number
  /** What the shadow runs: the next release, or the same as production. */
  release: 'next' | 'same'
  /** Seconds that production has gone on since the shadow’s data was copied from it; null: it is copied when needed. */
  snapshotAge: number | null
}

/** Production and shadow begin with the same data. */
const DATA_SEED = 2026

await runChild<DemoOptions>(async ({ instances, shadow, control, clients, seed, release, snapshotAge }) => {
  const production = new Database(seeded(DATA_SEED), seeded(seed + 1))
  const next = new Database(seeded(DATA_SEED), seeded(seed + 2))
  const candidate = release === 'next' ? createShadow(next) : createProduction(next)
  const today = new Database(seeded(DATA_SEED), seeded(seed + 4))
  const same = createProduction(today)
  if (snapshotAge === null) {
    restoreForExperiments(candidate, next, production)
    restoreForExperiments(same, today, production)
  } else await writePast(production, seeded(seed + 3), snapshotAge, Date.now())
  const fleet = instances.map(() => createProduction(production))
  const servers = await Promise.all([
    ...instances.map(({ app }, place) => listen(fleet[place] as Server, app)),
    listen(candidate, shadow),
    listen(same, control),
  ])
  const cloudwatch = new CloudWatchClient()
  const figures = publishFigures(cloudwatch, [
    { name: 'production', queries: () => production.queries, requests: countRequests(fleet) },
    { name: 'shadow', queries: () => next.queries, requests: countRequests([candidate]) },
    { name: 'control', queries: () => today.queries, requests: countRequests([same]) },
  ])
  const traffic = startTraffic({
    targets: instances.map(({ front }) => front),
    clients,
    random: seeded(seed),
    now: () => performance.now(),
  })
  return {
    close: async () => {
      traffic.stop()
      figures.stop()
      cloudwatch.destroy()
      await Promise.all(servers.map(close))
    },
  }
})

function countRequests(servers: readonly Server[]): () => number {
  let count = 0
  for (const server of servers)
    server.on('request', () => {
      count += 1
    })
  return () => count
}

async function listen(server: Server, { ip, port }: Endpoint): Promise<Server> {
  server.listen({ host: ip, port, exclusive: true })
  await once(server, 'listening')
  return server
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
