import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Experiment } from '../../contract/experiment.ts'
import type { Verdict } from '../../contract/verdict.ts'
import { openApiOver } from '../support/api.ts'
import { type ApiServer, serveApi } from '../support/api-server.ts'
import { eventually } from '../support/aws-clients.ts'
import { eni } from '../support/aws-world.ts'
import { cli, type Running, shell, startCli } from '../support/cli.ts'
import { dependencies } from '../support/declared.ts'
import {
  type Account,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
  passWhile,
} from '../support/experiment-account.ts'

/** Processes, and some hundred calls over sockets: a busy machine may need a while. */
const PATIENT = { timeout: 90_000 }

const asked = [
  '--source',
  eni(1),
  '--port',
  '8080',
  ...['--dependency', 'all=none', '--dependency', 'database=own'],
  '--shadow',
  'http://127.0.0.1:9000',
  '--duration',
  '30s',
  '--budget',
  '5',
]

const open = async () => {
  const account = await openAccount()
  const api = openApiOver(account.plane)
  const server = await serveApi(api)
  return { account, api, server }
}

const experiments = async ({ url }: ApiServer): Promise<Experiment[]> =>
  ((await (await fetch(`${url}/experiments`)).json()) as { experiments: Experiment[] }).experiments

/** Time goes on, tick by tick, for as long as the command runs. */
const live = async (account: Account, running: Running) => {
  let ended = false
  void running.finished.then(() => {
    ended = true
  })
  await passWhile(account, () => !ended)
  return running.finished
}

/** The command has said so: it waits. */
const said = (running: Running, what: RegExp) => eventually(async () => what.test(running.err()), 60_000)

describe('run --wait', PATIENT, () => {
  test('follows an experiment to its end and says how it ended', async () => {
    const { account, server } = await open()
    const args = ['run', ...asked, '--name', 'Checkout 2.4', '--wait', '--json', '--api', server.url]
    const running = startCli(args)
    // It looks once a second: time waits until it has seen this much.
    await passWhile(account, async () => (await experiments(server))[0]?.phase !== 'mirroring')
    await said(running, /^mirroring/m)
    const { code, out, err } = await live(account, running)

    const { experiment: ended, verdict }: { experiment: Experiment; verdict: Verdict } = JSON.parse(out)
    expect(code).toBe(0)
    expect(ended).toMatchObject({ phase: 'ended', outcome: 'completed', spec: { name: 'Checkout 2.4' } })
    expect(verdict).toMatchObject({ experiment: ended.id, final: true, outcome: 'inconclusive' })
    expect(err).toContain(`experiment ${ended.id}`)
    expect(err).toMatch(
      /^mirroring · \$\d+\.\d+ metered of \$5\.00 · .* mirrored · [\d,]+ requests forwarded/m,
    )
    expect(err).toMatch(/^ended \(completed\) · /m)
    expect(leftovers(account)).toEqual(NOTHING_LEFT)
  })

  test('finds the experiment of the same deployment again, and ends as that one ended', async () => {
    const { account, server } = await open()
    const args = ['run', ...asked, '--deployment-id', 'deploy-4711', '--wait', '--api', server.url]
    const first = startCli(args)
    await said(first, /^preparing/m)
    first.child.kill('SIGKILL')
    await first.finished
    const second = await live(account, startCli(args))
    const third = await shell(server.url, ...args)

    expect([second.code, third.code]).toEqual([0, 0])
    const all = await experiments(server)
    expect(all.map(({ spec }) => spec.name)).toEqual(['deploy-4711'])
    const changed = ['run', ...asked, '--percent', '5', '--deployment-id', 'deploy-4711']
    const other = await shell(server.url, ...changed)
    expect(other.code).toBe(2)
    expect(other.err).toMatch(
      new RegExp(`^shadowmeter: This key made ${all[0]?.id} from another request\\..+$`),
    )
  })

  test('ends with 4 when somebody stops the experiment', async () => {
    const { account, server } = await open()
    const waiting = startCli(['run', ...asked, '--wait', '--api', server.url])
    await said(waiting, /^preparing/m)
    const [one] = await experiments(server)
    const stopped = await shell(server.url, 'stop', one?.id ?? '', '--reason', 'Seen enough.', '--json')
    const { code, out } = await live(account, waiting)

    expect(stopped.code).toBe(0)
    expect(JSON.parse(stopped.out)).toMatchObject({ phase: 'draining', outcome: 'stopped' })
    expect(code).toBe(4)
    expect(out).toMatch(/^state +stopped: Seen enough\.$/m)
  })

  test('stops the experiment when the wait is interrupted, however often', async () => {
    const { account, server } = await open()
    const waiting = startCli(['run', ...asked, '--wait', '--api', server.url])
    await said(waiting, /^preparing/m)
    waiting.child.kill('SIGINT')
    waiting.child.kill('SIGINT')
    const { code, err } = await live(account, waiting)

    const [one] = await experiments(server)
    expect(code).toBe(130)
    expect(err).toContain(`shadowmeter: Interrupted: ${one?.id} is stopped\n`)
    expect(one).toMatchObject({ outcome: 'stopped', reason: 'Whoever waited for it was interrupted.' })
  })

  test('waits for an API that is away', async () => {
    const { account, server } = await open()
    const waiting = startCli(['run', ...asked, '--wait', '--api', server.url])
    await said(waiting, /^preparing/m)
    await server.away()
    await said(waiting, /does not answer \(ECONNREFUSED\); asking again/)
    await server.back()
    const { code } = await live(account, waiting)

    expect(code).toBe(0)
  })
})

describe('what cannot start', PATIENT, () => {
  test('ends with 3 and the reason, in a plan and in a run', async () => {
    const { server } = await open()
    const args = [...asked, '--source', 'eni-0fffffffffffffff0']
    const planned = await shell(server.url, 'plan', ...args, '--json')
    const run = await shell(server.url, 'run', ...args, '--wait')

    expect([planned.code, run.code]).toEqual([3, 3])
    expect(JSON.parse(planned.out)).toMatchObject({ startable: false })
    expect(run.err).toBe('shadowmeter: There is no network interface eni-0fffffffffffffff0.')
    expect(await experiments(server)).toEqual([])
  })

  test('ends with 2 where the API says the request is not valid, and names the field', async () => {
    const { server } = await open()
    const { code, err } = await shell(server.url, 'run', ...asked, '--percent=-1')

    expect(code).toBe(2)
    expect(err).toMatch(/^shadowmeter: body\.requests\.percent: .+$/)
  })
})

describe('a spec', PATIENT, () => {
  test('is a file whose fields options replace', async () => {
    const { server } = await open()
    const folder = await mkdtemp(join(tmpdir(), 'shadowmeter-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const file = join(folder, 'spec.json')
    writeFileSync(
      file,
      JSON.stringify({
        name: 'From a file',
        source: { by: 'tag', match: 'any', tags: { service: 'nothing' } },
        traffic: { ports: [1], directions: 'both' },
        shadow: { url: 'http://127.0.0.1:9000' },
        dependencies,
        window: { durationSeconds: 600 },
        budgetUsd: 5,
      }),
    )
    const replaced = ['--tag', 'service=checkout', '--port', '8080', '--budget', '6', '--start-at']
    const startAt = '2026-12-24T12:00:00Z'
    const { code, out } = await shell(server.url, 'run', file, ...replaced, startAt, '--json')

    expect(code).toBe(0)
    expect(JSON.parse(out).spec).toMatchObject({
      name: 'From a file',
      source: { by: 'tag', match: 'all', tags: { service: 'checkout' } },
      traffic: { ports: [8080], directions: 'both' },
      window: { durationSeconds: 600, startAt },
      budgetUsd: 6,
    })
  })
})

describe('reading and changing', PATIENT, () => {
  test('shows status, list, audit trail and the API’s description, extends, and stops only what was seen', async () => {
    const { account, api, server } = await open()
    const begun = await shell(server.url, 'run', ...asked, '--duration', '10m', '--json')
    const { id }: Experiment = JSON.parse(begun.out)
    for (let ticks = 0; ticks < 5; ticks++) await pass(account)
    const say = (...args: string[]) => shell(server.url, ...args)

    const [evidence, status, list, paused, resumed, extended, stale, trail, all, described] = [
      await say('evidence', id),
      await say('status', id),
      await say('list'),
      await say('pause', id, '--reason', 'Lunch'),
      await say('resume', id),
      await say('extend', id, '--by', '5m', '--budget', '6.5', '--reason', 'Too quiet'),
      await say('stop', id, '--revision', '1'),
      await say('audit', id),
      await say('audit', '--max-results', '2', '--json'),
      await say('openapi'),
    ]

    expect(status.out).toMatch(/^state +mirroring$/m)
    expect(status.out).toMatch(/^now +1 sources, 1 gateway tasks$/m)
    expect(list.out).toMatch(new RegExp(`^${id}  .+  mirroring .+ of \\$5\\.00  experiment$`, 'm'))
    expect(evidence.out).toMatch(/^# /)
    expect(evidence.out).toContain('\n## History\n')
    expect([paused.code, resumed.code]).toEqual([0, 0])
    expect(trail.out).toMatch(/local: .+ \(Lunch\)$/m)
    expect(extended.out).toMatch(/^spend .+ of a budget of \$6\.50$/m)
    expect([stale.code, stale.err]).toEqual([
      1,
      expect.stringMatching(/revision \d+, not 1: somebody changed it/),
    ])
    expect(trail.out).toMatch(/local: extended to .+ \(Too quiet\)$/m)
    expect(JSON.parse(all.out).entries).toHaveLength(2)
    expect(JSON.parse(described.out)).toEqual((await api.send({ path: '/openapi.json' })).body)
  })
})

test('an API that is not there ends with 1, in one line', PATIENT, async () => {
  const { server } = await open()
  await server.away()
  const { code, out, err } = await cli(['list', '--api', server.url])

  expect([code, out]).toEqual([1, ''])
  expect(err).toBe(`shadowmeter: ${new URL(server.url).origin} does not answer (ECONNREFUSED)\n`)
})
