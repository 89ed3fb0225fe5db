import { expect, test } from 'vitest'
import type { ExperimentSpecInput } from '../../../contract/experiment.ts'
import { ComparisonWriter } from '../../../data-plane/control/comparison-writer.ts'
import { listAudit } from '../../../functions/store/audit.ts'
import { readWatched } from '../../../functions/store/watch.ts'
import { instance } from '../../support/aws-world.ts'
import {
  type Account,
  begin,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
  read,
} from '../../support/experiment-account.ts'
import { experimentSpec as spec } from '../../support/experiment-spec.ts'
import { feedMetrics } from '../../support/metrics.ts'
import { comparisonOf, endpointTally } from '../../support/tallies.ts'

const mirroring = async (account: Account, abort: ExperimentSpecInput['abort']) => {
  const id = await begin(account, spec({ window: { durationSeconds: 1800 }, abort }))
  for (let n = 0; (await read(account.plane, id)).experiment.phase !== 'mirroring'; n++) {
    if (n > 40) throw new Error(account.lines.join('\n'))
    await pass(account)
  }
  return id
}

const audit = async ({ plane }: Account, id: string) => {
  const { items } = await listAudit(plane.table, id, { maxResults: 50 })
  return { entries: items.map(({ what, why }) => [what, why]) }
}

const passes = async (account: Account, id: string, most: number) => {
  for (let n = 1; n <= most; n++) {
    await pass(account)
    if ((await read(account.plane, id)).experiment.phase !== 'mirroring') return n
  }
  return null
}

const ended = async (account: Account, id: string) => {
  for (let n = 0; n < 20 && (await read(account.plane, id)).experiment.phase !== 'ended'; n++)
    await pass(account)
}

test('a shadow that fails ends the experiment, with the numbers in the record', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const id = await mirroring(account, [{ watch: 'shadow-errors', above: 20, overSeconds: 30, samples: 50 }])
  expect(await passes(account, id, 10)).toBeNull()
  expect((await read(account.plane, id)).experiment.health).toMatchObject([{ state: 'fine', value: 0 }])

  account.gateways.shadow = 'failed_connect'
  const left = await passes(account, id, 10)
  await ended(account, id)

  expect(left).not.toBeNull()
  const { experiment } = await read(account.plane, id)
  expect(experiment).toMatchObject({ phase: 'ended', outcome: 'aborted' })
  expect(experiment.reason).toMatch(/^The shadow fails more than 20 % .* it was \d+ %, \d+ requests\.$/)
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
})

test('harm to production ends it; no news of production does not', { timeout: 60_000 }, async () => {
  const account = await openAccount()
  const id = await mirroring(account, [{ watch: 'production-cpu', above: 90, overSeconds: 300 }])
  expect(await passes(account, id, 4)).toBeNull()
  expect((await read(account.plane, id)).experiment.health).toMatchObject([{ state: 'unknown', value: null }])

  await feedMetrics(account.cloud.address, [
    {
      namespace: 'AWS/EC2',
      name: 'CPUUtilization',
      dimensions: { InstanceId: instance(1) },
      value: 99,
      at: account.clock.now(),
    },
  ])
  const left = await passes(account, id, 16)

  expect(left).not.toBeNull()
  const { experiment, life } = await read(account.plane, id)
  expect(experiment).toMatchObject({ outcome: 'aborted' })
  expect(experiment.reason).toBe('A source instance uses more than 90 % of its CPU over 5 min: it was 99 %.')
  // CloudWatch is asked once a minute, not at every look.
  expect(life.metricsRead).toBeLessThanOrEqual(2 * 3)
  expect(experiment.spend.lines['control-plane']).toBeGreaterThan(life.metricsRead * 10e-6)
})

test('a ramp waits for health, and goes on when it is known', { timeout: 60_000 }, async () => {
  const account = await openAccount()
  const id = await begin(
    account,
    spec({
      window: { durationSeconds: 1800 },
      abort: [{ watch: 'gateway-losses', above: 5, overSeconds: 60, samples: 50 }],
      ramp: { stages: [{ sources: 50, requests: 10, seconds: 30 }, { sources: 100 }] },
    }),
  )
  const stages: (string | null)[] = []
  for (let n = 0; n < 40 && !stages.at(-1)?.endsWith('2 mirrored, null'); n++) {
    await pass(account)
    const { experiment } = await read(account.plane, id)
    if (experiment.stage === null) continue
    const { number, sources, candidates, requests, holds } = experiment.stage
    const said = `${number}: ${sources} of ${candidates}, ${requests} %, ${experiment.sources} mirrored, ${holds}`
    if (said !== stages.at(-1)) stages.push(said.replace(/at \S+Z/, 'at TIME'))
  }

  expect([...new Set(stages)]).toEqual([
    '1: 1 of 2, 10 %, 0 mirrored, This stage is being brought about.',
    '1: 1 of 2, 10 %, 1 mirrored, This stage is being brought about.',
    '1: 1 of 2, 10 %, 1 mirrored, The next stage begins at TIME at the earliest.',
    '1: 1 of 2, 10 %, 1 mirrored, The next stage waits for health: one abort rule is not known to be fine.',
    '1: 1 of 2, 10 %, 1 mirrored, null',
    '2: 2 of 2, 100 %, 2 mirrored, null',
  ])
  const { entries } = await audit(account, id)
  expect(entries).toContainEqual(['stage 2 of 2', '100 % of the sources, 100 % of the requests.'])
})

test.each<[string, Record<string, number>, RegExp | null]>([
  ['answers', { '200>200': 3000 }, null],
  [
    'answers otherwise',
    { '200>200': 57, '200>401': 3, '404>401': 40 },
    /^The next stage waits: the verdict so far is fail\./,
  ],
  [
    'has not answered enough',
    { '200>200': 49 },
    /^The next stage waits for 50 compared requests: 49 so far\.$/,
  ],
  [
    'rejects masked credentials',
    { '200>200': 50, '200>401': 3 },
    /does not begin: the shadow rejects masked credentials.* to 5\.7 % of 53 requests/,
  ],
])('a second stage of a shadow that %s', { timeout: 60_000 }, async (_, statuses, holds) => {
  const account = await openAccount()
  const id = await begin(
    account,
    spec({
      window: { durationSeconds: 1800 },
      traffic: { ports: [8080], directions: 'both' },
      abort: [],
      ramp: { stages: [{ sources: 50, seconds: 30 }, { sources: 100 }] },
    }),
  )
  await new ComparisonWriter(account.plane.table, 'task-1').write({
    [id]: comparisonOf(endpointTally('GET /a', statuses)),
  })

  const stageNow = async () => (await read(account.plane, id)).experiment.stage
  const isSettled = async () => {
    const stage = await stageNow()
    return stage?.number === 2 || (stage?.holds != null && (holds?.test(stage.holds) ?? false))
  }
  for (let n = 0; n < 18 && !(await isSettled()); n++) await pass(account)
  for (let n = 0; n < 3; n++) await pass(account)

  const stage = await stageNow()
  expect(stage?.number).toBe(holds === null ? 2 : 1)
  if (holds !== null) expect(stage?.holds).toMatch(holds)
})

test('without rules nothing is watched', { timeout: 60_000 }, async () => {
  const account = await openAccount()
  const id = await mirroring(account, [])
  account.gateways.shadow = 'failed_connect'

  expect(await passes(account, id, 4)).toBeNull()

  const { experiment, life } = await read(account.plane, id)
  expect([experiment.health, life.metricsRead]).toEqual([[], 0])
  expect((await readWatched(account.plane.table, id)).samples).toEqual([])
})
