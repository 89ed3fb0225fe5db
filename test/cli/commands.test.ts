import { describe, expect, test } from 'vitest'
import { openApiOver } from '../support/api.ts'
import { serveApi } from '../support/api-server.ts'
import { eni, instance, instances } from '../support/aws-world.ts'
import { shell } from '../support/cli.ts'
import { openAccount, pass } from '../support/experiment-account.ts'

/** Some dozens of calls over sockets each: a busy machine may need a while. */
const PATIENT = { timeout: 60_000 }

const asked = [
  ...['--source', eni(1), '--port', '8080', '--shadow', 'http://127.0.0.1:9000'],
  ...['--dependency', 'all=none', '--duration', '10m', '--budget', '5'],
]

const open = async () => {
  const account = await openAccount()
  const { url } = await serveApi(openApiOver(account.plane))
  const run = (...args: string[]) => shell(url, ...args)
  const begin = async (...more: string[]): Promise<string> =>
    JSON.parse((await run('run', ...asked, ...more, '--json')).out).id
  const ticks = async (count: number) => {
    for (let n = 0; n < count; n++) await pass(account)
  }
  return { account, url, run, begin, ticks }
}

describe('schedules from the command line', PATIENT, () => {
  test('are made, listed, changed only as seen, and deleted', async () => {
    const { run } = await open()
    const tuesdays = ['--cron', '0 14 ? * TUE *', '--time-zone', 'Europe/Berlin', '--blackout', '2026-12-01']
    const made = await run('schedule', ...asked, '--name', 'Checkout', ...tuesdays)
    const id = /^schedule +(sch_\w+) \(revision 1\)$/m.exec(made.out)?.[1] ?? ''
    const listed = await run('schedules')
    const changed = await run('reschedule', id, '--cron', '0 15 ? * TUE *', '--reason', 'Imports run longer')
    const stale = await run('reschedule', id, '--cron', '0 16 ? * TUE *', '--revision', '1')
    const wrong = await run('reschedule', id, '--cron', 'every Tuesday')
    const gone = await run('unschedule', id, '--reason', 'Released')
    const left = await run('schedules')
    const trail = await run('audit')

    expect(made.code).toBe(0)
    expect(made.out).toMatch(/^windows +0 14 \? \* TUE \* in Europe\/Berlin, 600 s each$/m)
    expect(made.out).toMatch(/^ +2026-11-24T13:00:00Z$/m)
    expect(made.out).not.toContain('2026-12-01T13:00:00Z')
    expect(listed.out).toBe(made.out)
    expect(changed.out).toMatch(/^ +2026-11-24T14:00:00Z$/m)
    expect(changed.out).toMatch(/\(revision 2\)$/m)
    expect([stale.code, stale.err]).toEqual([1, expect.stringContaining('is at revision 2, not 1')])
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringMatching(/^shadowmeter: body\.cron: /)])
    expect([gone.code, left.out]).toEqual([0, 'There are no schedules.'])
    expect(trail.out).toMatch(/\(Imports run longer\)$/m)
    expect(trail.out).toMatch(/\(Released\)$/m)
  })

  test.each([
    [['schedule', ...asked], /--cron is missing: when\?/],
    [['reschedule'], /Which schedule\?/],
    [['unschedule', 'sch_1', 'sch_2'], /'sch_2' is one too many/],
  ])('%j: what is missing or too much is one line', async (args, line) => {
    const { code, err } = await shell('http://127.0.0.1:1', ...args)

    expect(code).toBe(2)
    expect(err).toMatch(line)
  })
})

describe('money from the command line', PATIENT, () => {
  test('is an owner’s month, its budget, and a ledger that adds up', async () => {
    const { run, begin, ticks } = await open()
    const set = await run('budget', 'checkout', '--month-usd', '40', '--reason', 'As agreed')
    const id = await begin('--owner', 'checkout')
    await ticks(5)
    const month = await run('spend')
    const removed = await run('budget', 'checkout', '--remove')
    const both = await run('budget', 'checkout', '--remove', '--month-usd', '3')
    const ledger = await run('ledger', id)
    const reconciled = await run('reconcile', id)
    const status = await run('status', id)

    expect(set.out).toMatch(/^2026-11 {2}checkout\n {2}\$0\.00 metered of \$40\.00$/m)
    expect(month.out).toMatch(/metered of \$40\.00\n {2}1 experiments, 1 running, which may still cost \$/)
    expect(removed.out).toContain('metered of no limit')
    expect([both.code, both.err]).toEqual([2, 'shadowmeter: Either --month-usd DOLLARS or --remove'])
    expect(ledger.out).toMatch(
      /^ +\$0\.015 metered {2}mirror-sessions: 1 begun session-hours at \$0\.015 per /m,
    )
    expect(ledger.out).toMatch(
      new RegExp(`^ {2}${eni(1)} {2}tms-\\w+ {2}\\d+ {2}active {2}1 h {2}\\$0\\.015$`, 'm'),
    )
    expect(reconciled.code).toBe(0)
    expect(reconciled.out).toMatch(/^metered +\$.+ of it for sessions; .+$/m)
    expect(status.out).toMatch(/^mirrored .+, \$.+ per GB so far, \$.+ in the last 5 minutes, metered$/m)
  })
})

describe('what a source means, from the command line', PATIENT, () => {
  test('is every interface with its verdict, however many pages that takes', async () => {
    const { run } = await open()
    const tagged = await run('preview', '--tag', 'service=checkout')
    const named = await run('preview', '--source', instance(2), '--json')
    const nothing = await run('preview')

    expect(tagged.out).toContain(
      `${instances} network interfaces, ${instances} of which AWS mirrors for sure; 0 left out`,
    )
    expect(tagged.out.match(/^ {2}eni-.+ supported: /gm)).toHaveLength(instances)
    expect(JSON.parse(named.out)).toMatchObject({
      enis: [{ eni: eni(2) }],
      found: { meant: 1 },
      nextToken: null,
    })
    expect([nothing.code, nothing.err]).toEqual([
      2,
      'shadowmeter: --source or --tag: missing, and not in any SPEC.json',
    ])
  })
})

test('lists show a page and say how to go on', PATIENT, async () => {
  const { run, begin } = await open()
  const ids = [
    await begin('--start-at', '2026-12-24T12:00:00Z'),
    await begin('--start-at', '2026-12-25T12:00:00Z'),
  ]
  const first = await run('list', '--max-results', '1')
  const token = /There is more: --next-token (\S+)$/.exec(first.out)?.[1] ?? ''
  const second = await run('list', '--max-results', '1', '--next-token', token)
  const wrong = await run('list', '--next-token', 'x')

  expect(first.out).toContain(ids[1])
  expect(second.out).toContain(ids[0])
  expect(second.out).not.toContain(ids[1])
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('query.nextToken')])
})

test('whoever asks is told who they are, and a second person approves what was seen', PATIENT, async () => {
  const account = await openAccount()
  const plane = { ...account.plane, config: { ...account.plane.config, fourEyes: ['mirroring' as const] } }
  const [ada, grace] = [
    (await serveApi(openApiOver(plane, { anonymous: 'ada' }))).url,
    (await serveApi(openApiOver(plane, { anonymous: 'grace' }))).url,
  ]
  const begun = await shell(ada, 'run', ...asked, '--reason', 'Release 42', '--json')
  const { id }: { id: string } = JSON.parse(begun.out)

  const [who, own, blind, given] = [
    await shell(grace, 'whoami'),
    await shell(ada, 'approve', id, '--reason', 'Mine'),
    await shell(grace, 'approve', id),
    await shell(grace, 'approve', id, '--reason', 'The shadow has data of its own'),
  ]

  expect(who.out).toMatch(/^grace: admin$/)
  expect([own.code, own.err]).toEqual([1, expect.stringContaining('somebody else has to approve it')])
  expect([blind.code, blind.err]).toEqual([2, 'shadowmeter: --reason is missing: why may it go on?'])
  expect(given.code).toBe(0)
  expect(given.out).toMatch(/^approved +by grace: The shadow has data of its own$/m)
})

test('a probe that asks is shown with what it found, and goes on when it is resumed', PATIENT, async () => {
  const { run, begin, ticks } = await open()
  const planned = await run('plan', ...asked, '--probe', 'ask', '--pre-notice', '90m')
  const id = await begin('--probe', 'ask')
  await ticks(20)
  const asking = await run('status', id)
  const resumed = await run('resume', id)

  expect(planned.out).toMatch(/^probe +1 of 1 sources for 60 s first, then it asks$/m)
  expect(planned.out).toMatch(/^ {2}mirror sessions: 1 more of 10,000, 0 in use \(AWS’s mirroring guide/m)
  expect(planned.out).toMatch(/^ {2}The shadow fails more than 50 % .+ over 2 min; noticed within \d+ s$/m)
  expect(planned.out).toMatch(/^pre-notice +90 minutes before it starts, to security teams$/m)
  expect(asking.out).toMatch(
    /^probe +asking: 1 of 1 sources in 1 zone for \d+ s: .+\(estimated\).+per GB\.$/m,
  )
  expect(resumed.out).toMatch(/^probe +passed: /m)
})
