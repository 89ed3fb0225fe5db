import {
  CreateTrafficMirrorFilterCommand,
  CreateTrafficMirrorSessionCommand,
  DeleteTrafficMirrorFilterRuleCommand,
  ModifyTrafficMirrorFilterRuleCommand,
} from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import { extending } from '../../../functions/experiments/phases.ts'
import { tick } from '../../../functions/reconcile/tick.ts'
import { listAudit } from '../../../functions/store/audit.ts'
import { updateRecord } from '../../../functions/store/experiments.ts'
import { listPoints } from '../../../functions/store/meter.ts'
import { BYTES_PER_SECOND, mirroredVnis } from '../../support/account-gateways.ts'
import { eni, mirrorTargetId, newFamilyEni, parkingFilterId } from '../../support/aws-world.ts'
import {
  begin,
  ledger,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
  read,
  rulesWithoutLease,
  stop,
} from '../../support/experiment-account.ts'
import { until } from '../../support/experiment-phases.ts'
import { experimentSpec as spec } from '../../support/experiment-spec.ts'

test('an experiment mirrors until its end, then nothing of it is left', { timeout: 60_000 }, async () => {
  const account = await openAccount()
  const id = await begin(account, spec({ window: { durationSeconds: 30 } }))

  await until(account, id, 'mirroring')
  const tags = account.cloud.state.mirrorSessions
    .list()
    .map((session) => account.cloud.state.tags.get(session.id))
  const armed = account.cloud.state.schedules
    .list()
    .map(({ name }) => name.replace(/\.t\w+-.*/, '').replace(id, ''))
  await pass(account)
  const flowing = mirroredVnis(account.cloud)
  await until(account, id, 'ended')

  expect(tags).toEqual(
    Array.from({ length: 2 }, () => ({
      'managed-by': 'shadowmeter',
      deployment: 'shadowmeter/test',
      'experiment-id': id,
      'expires-at': '2026-11-21T12:00:30.000Z',
      owner: 'ada',
    })),
  )
  expect(armed.sort()).toEqual(['.end', '.kill', '.kill', '.lease', 'gateways-to-zero'])
  const rows = await ledger(account.plane, id)
  expect(new Set(flowing)).toEqual(new Set(rows.map(({ vni }) => vni)))
  expect(rows.map(({ state, number }) => [state, number])).toEqual([
    ['deleted', 32_766],
    ['deleted', 32_766],
  ])
  expect(leftovers(account)).toEqual(NOTHING_LEFT)

  const { experiment, life } = await read(account.plane, id)
  expect(experiment).toMatchObject({ outcome: 'completed', sources: 0, gateways: 0 })
  expect(experiment.volume.bytes).toBeGreaterThanOrEqual(2 * 15 * BYTES_PER_SECOND)
  expect(experiment.volume.bytes).toBe(account.gateways.counted(id))
  expect(experiment.requests.received).toBe(experiment.requests.forwarded)
  expect(experiment.spend.lines['mirror-sessions']).toBeCloseTo(2 * 0.015, 12)
  expect(experiment.usdPerGb).toBeCloseTo(experiment.spend.totalUsd / (experiment.volume.bytes / 1e9), 12)
  expect(life.outbox).toEqual([])

  const audit = await listAudit(account.plane.table, id, { maxResults: 50 })
  expect(audit.items.map(({ who, what }) => `${who}: ${what}`)).toEqual([
    'ada: created',
    'shadowmeter: preparing',
    'shadowmeter: mirroring',
    'shadowmeter: draining: completed',
    'shadowmeter: ended',
  ])
  const { items } = await listPoints(account.plane.table, id, { maxResults: 100 })
  const totals = items.map(({ spend }) => spend.totalUsd)
  expect(totals).toEqual([...totals].sort((a, b) => a - b))
})

test('without a control plane packets stop at the lease, sessions and gateways by their own schedules', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const id = await begin(account, spec({ window: { durationSeconds: 60 } }))
  await until(account, id, 'mirroring')
  const gone = account.clock.now()

  await pass(account, null, 9)
  const atTen = mirroredVnis(account.cloud)
  await pass(account, null, 2)
  const afterLease = mirroredVnis(account.cloud)
  await pass(account, null, 120)
  const left = leftovers(account)

  expect(Date.parse((await read(account.plane, id)).experiment.endAt) - gone).toBeGreaterThan(20_000)
  expect(atTen).toHaveLength(2)
  expect(afterLease).toEqual([])
  expect(left).toMatchObject({ sessions: [], gateways: 0 })
  await until(account, id, 'ended')
  expect((await read(account.plane, id)).experiment).toMatchObject({ outcome: 'expired' })
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
  expect((await ledger(account.plane, id)).map(({ deletedAt }) => deletedAt)).toEqual(
    Array.from({ length: 2 }, () => '2026-11-21T12:01:10.000Z'),
  )
})

test('after an outage that outlived the lease it goes on with a new lease, the same rule and the same sessions', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const id = await begin(account, spec())
  await until(account, id, 'mirroring')
  const { sessions, rules } = leftovers(account)

  await pass(account, null, 30)
  const silent = mirroredVnis(account.cloud)
  await pass(account, account.reopen(), 1)

  expect(silent).toEqual([])
  expect(mirroredVnis(account.cloud)).toHaveLength(2)
  expect(leftovers(account)).toMatchObject({ sessions, rules })
  expect((await read(account.plane, id)).life.rules.map(({ leases }) => leases)).toEqual([1])
})

test('a rule that is closed or deleted behind its back mirrors again after the next look, under a lease', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const { ec2 } = account.plane.clients
  const id = await begin(account, spec())
  await until(account, id, 'mirroring')
  const [TrafficMirrorFilterRuleId] = leftovers(account).rules

  // As a lease that is delivered late does, or twice.
  await ec2.send(
    new ModifyTrafficMirrorFilterRuleCommand({ TrafficMirrorFilterRuleId, RuleAction: 'reject' }),
  )
  const closed = mirroredVnis(account.cloud)
  await pass(account)
  const reopened = { flowing: mirroredVnis(account.cloud).length, unleased: rulesWithoutLease(account) }
  // Long enough for EC2 to know everywhere that it was there.
  for (let n = 0; n < 3; n++) await pass(account, account.plane, 10)
  await ec2.send(new DeleteTrafficMirrorFilterRuleCommand({ TrafficMirrorFilterRuleId }))
  await account.clock.advance(10_000)
  for (let n = 0; n < 2; n++) await pass(account)
  const remade = { flowing: mirroredVnis(account.cloud).length, unleased: rulesWithoutLease(account) }

  expect(closed).toEqual([])
  expect(reopened).toEqual({ flowing: 2, unleased: [] })
  expect(remade).toEqual({ flowing: 2, unleased: [] })
  expect(leftovers(account).rules).not.toContain(TrafficMirrorFilterRuleId)
})

test('a stop ends it at once, with the sessions of other owners untouched', { timeout: 60_000 }, async () => {
  const account = await openAccount()
  const { ec2 } = account.plane.clients
  for (const SessionNumber of [32_766, 32_765])
    await ec2.send(
      new CreateTrafficMirrorSessionCommand({
        NetworkInterfaceId: eni(1),
        TrafficMirrorTargetId: mirrorTargetId,
        TrafficMirrorFilterId: parkingFilterId,
        SessionNumber,
      }),
    )
  const foreign = leftovers(account).sessions
  const id = await begin(account, spec())
  await until(account, id, 'mirroring')
  const numbers = (await ledger(account.plane, id)).map(({ number }) => number)

  await stop(account, id)
  await pass(account, account.plane, 0)
  const atOnce = leftovers(account)
  await until(account, id, 'ended')

  expect(numbers).toEqual([32_764, 32_766])
  expect(atOnce).toMatchObject({ sessions: foreign, filters: [], rules: [], gateways: 1 })
  expect(leftovers(account)).toEqual({ ...NOTHING_LEFT, sessions: foreign })
  expect((await read(account.plane, id)).experiment).toMatchObject({
    outcome: 'stopped',
    reason: 'Seen enough.',
  })
})

test('an extension moves schedules and tags, then the end', { timeout: 60_000 }, async () => {
  const account = await openAccount()
  const id = await begin(account, spec({ window: { durationSeconds: 30 } }))
  const { experiment } = await until(account, id, 'mirroring')
  const endAt = new Date(Date.parse(experiment.endAt) + 30_000).toISOString()
  const extension = { endAt, budgetUsd: 30, by: 'ada', reason: null }
  await updateRecord(
    account.plane.table,
    extending(await read(account.plane, id), extension, new Date(account.clock.now())),
  )

  await pass(account)
  const record = await read(account.plane, id)
  const { state } = account.cloud
  const kills = state.schedules
    .list()
    .flatMap(({ name, expression }) => (name.includes('.kill.') ? [expression] : []))
  const tags = state.mirrorSessions.list().map((session) => state.tags.get(session.id)?.['expires-at'])
  const { experiment: ended } = await until(account, id, 'ended')

  expect(record.experiment).toMatchObject({ endAt, phase: 'mirroring', spec: { budgetUsd: 30 } })
  expect(kills).toEqual(['at(2026-11-21T12:01:05)', 'at(2026-11-21T12:01:05)'])
  expect(tags).toEqual([endAt, endAt])
  expect(ended).toMatchObject({ outcome: 'completed' })
  expect(Date.parse(ended.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(endAt))
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
})

test('what AWS refuses for good fails the experiment in AWS’s words and leaves nothing', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const id = await begin(account, spec({ source: { by: 'eni', ids: [eni(1), newFamilyEni] } }))
  const full = await begin(account, spec({ source: { by: 'eni', ids: [eni(3)] } }))
  const { ec2 } = account.plane.clients
  for (const SessionNumber of [1, 2, 3])
    await ec2.send(
      new CreateTrafficMirrorSessionCommand({
        NetworkInterfaceId: eni(3),
        TrafficMirrorTargetId: mirrorTargetId,
        TrafficMirrorFilterId: parkingFilterId,
        SessionNumber,
      }),
    )

  await until(account, id, 'ended')
  await until(account, full, 'ended')

  expect((await read(account.plane, id)).experiment).toMatchObject({
    outcome: 'failed',
    reason: `${newFamilyEni}: AWS does not mirror the m8g instance family.`,
  })
  expect((await read(account.plane, full)).experiment).toMatchObject({
    outcome: 'failed',
    reason: `${eni(3)}: it has 3 mirror sessions already, and AWS allows 3.`,
  })
  expect(leftovers(account)).toMatchObject({ filters: [], schedules: [], gateways: 0 })
})

test('a budget that cannot pay for the next look ends it before it is passed', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const id = await begin(account, spec({ budgetUsd: 0.038, window: { durationSeconds: 3600 } }))

  const { experiment } = await until(account, id, 'ended', 200)

  expect(experiment.outcome).toBe('over-budget')
  expect(experiment.spend.totalUsd).toBeLessThanOrEqual(0.038)
  expect(experiment.mirroringSince).not.toBeNull()
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
})

test('it waits for its start, and two experiments share the gateways but not an ENI', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const first = await begin(account, spec({ window: { durationSeconds: 60 } }))
  const startAt = new Date(account.clock.now() + 20_000).toISOString()
  const later = await begin(
    account,
    spec({
      source: { by: 'tag', match: 'all', tags: { Name: 'checkout-3' } },
      window: { startAt, durationSeconds: 20 },
    }),
  )
  const rival = await begin(account, spec({ window: { startAt, durationSeconds: 20 } }))

  await pass(account)
  const armed = account.cloud.state.schedules.list().map(({ name }) => name)
  const waiting = await read(account.plane, later)
  await until(account, later, 'mirroring')
  const both = mirroredVnis(account.cloud)
  await until(account, later, 'ended')
  const gateways = leftovers(account).gateways
  await until(account, first, 'ended')

  expect(armed).toContain(`${later}.start`)
  expect(waiting.experiment).toMatchObject({ phase: 'scheduled', sources: 0 })
  expect(both).toHaveLength(3)
  expect(gateways).toBe(1)
  expect((await read(account.plane, rival)).experiment).toMatchObject({
    outcome: 'failed',
    reason: `${eni(1)}: experiment ${first} mirrors it already. ${eni(2)}: experiment ${first} mirrors it already.`,
  })
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
})

test('while no gateway is fit to receive the lease is not renewed; when one is again, mirroring goes on', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const id = await begin(account, spec())
  await until(account, id, 'mirroring')

  account.gateways.healthy = false
  for (let n = 0; n < 6; n++) await pass(account)
  const sick = { flowing: mirroredVnis(account.cloud), ...(await read(account.plane, id)).experiment }
  account.gateways.healthy = true
  for (let n = 0; n < 3; n++) await pass(account)

  expect(sick).toMatchObject({ flowing: [], phase: 'mirroring', sources: 2 })
  expect(sick.reason).toContain('gateway task')
  expect(mirroredVnis(account.cloud)).toHaveLength(2)
  expect((await read(account.plane, id)).experiment).toMatchObject({ phase: 'mirroring', reason: null })
})

test('throttled by EC2 it goes on at EC2’s pace within the same run', { timeout: 60_000 }, async () => {
  const account = await openAccount({ throttle: true })
  const { plane, clock } = account
  const ids = Array.from({ length: 12 }, (_, n) => eni(n + 1))
  const id = await begin(account, spec({ source: { by: 'eni', ids } }))
  // The gateways come first.
  await pass(account)
  const others = Array.from({ length: 50 }, () =>
    plane.clients.ec2.send(new CreateTrafficMirrorFilterCommand({ Description: 'somebody else’s' })),
  )
  await Promise.all(others)

  // Time stands still until the control plane waits: nothing is refilled before that.
  await tick({ ...plane, sleep: (milliseconds) => clock.advance(milliseconds) }, clock.now() + 60_000)

  expect(account.lines.join()).toContain('RequestLimitExceeded')
  expect(leftovers(account).sessions).toHaveLength(12)
  expect((await ledger(plane, id)).every(({ state }) => state === 'active')).toBe(true)
})
