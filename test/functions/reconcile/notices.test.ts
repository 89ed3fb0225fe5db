import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Notice } from '../../../contract/notice.ts'
import { newRecord } from '../../../functions/experiments/phases.ts'
import { settingsFor } from '../../../functions/experiments/settings.ts'
import { experimentId } from '../../../functions/experiments/ulid.ts'
import type { ControlPlane } from '../../../functions/reconcile/control-plane.ts'
import { tellPending } from '../../../functions/reconcile/notify.ts'
import { reconcile } from '../../../functions/reconcile/reconcile.ts'
import { tick } from '../../../functions/reconcile/tick.ts'
import { createRecord } from '../../../functions/store/experiments.ts'
import { pendingNotices } from '../../../functions/store/notices.ts'
import { eventually } from '../../support/aws-clients.ts'
import { eni } from '../../support/aws-world.ts'
import {
  type Account,
  begin,
  LISTENER,
  leftovers,
  NOTHING_LEFT,
  NOTICES_ARN,
  openAccount,
  pass,
  read,
  stop,
  TICK_SECONDS,
} from '../../support/experiment-account.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'
import { Interrupt } from '../../support/interrupt.ts'
import { startSubscriber } from '../../support/sns-subscriber.ts'

const PATIENT = { timeout: 120_000 }

/** What a rule of the bus handed on, each notice as it came. */
const heard = ({ invoked }: Account): Notice[] =>
  invoked.flatMap(({ name, event }) =>
    name === LISTENER ? [Notice.parse((event as { detail: unknown }).detail)] : [],
  )
const kinds = (notices: readonly Notice[]) =>
  notices.map(({ kind, after }) => (after.outcome === null ? kind : `${kind}: ${after.outcome}`))

/** The event bus does not exist (any more). */
const withoutBus = (plane: ControlPlane): ControlPlane => ({
  ...plane,
  config: { ...plane.config, eventBus: 'gone' },
})

const PRE_NOTICE_MINUTES = 1
/** Security teams are told a minute before the first mirror session. */
const withPreNotice = (plane: ControlPlane): ControlPlane => ({
  ...plane,
  settings: settingsFor(TICK_SECONDS, PRE_NOTICE_MINUTES),
})

/** One of a minute, created as the API does; its pre-notice is the deployment’s, or its own. */
const announced = async ({ clock }: Account, plane: ControlPlane, own = {}): Promise<string> => {
  const id = experimentId(clock.now(), plane.randomBytes(10))
  const spec = experimentSpec({ window: { durationSeconds: 60, ...own } })
  const { preNoticeMs } = plane.settings
  await createRecord(plane.table, newRecord(spec, { id, by: 'ada', now: new Date(clock.now()), preNoticeMs }))
  return id
}

/** A team’s own endpoint, subscribed to the topic that a rule hands notices to; what it has been posted. */
const securityTeam = async ({ cloud }: Account): Promise<() => Notice[]> => {
  const subscriber = await startSubscriber()
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const sns = new SNSClient({ endpoint: cloud.address, region: 'us-east-1', credentials })
  onTestFinished(() => sns.destroy())
  await sns.send(new SubscribeCommand({ TopicArn: NOTICES_ARN, Protocol: 'http', Endpoint: subscriber.url }))
  const asked = await eventually(async () => subscriber.of('SubscriptionConfirmation')[0])
  await fetch(asked.message.SubscribeURL ?? '')
  return () =>
    subscriber.of('Notification').map(({ message }) => Notice.parse(JSON.parse(message.Message ?? '').detail))
}

const live = async (account: Account, plane: ControlPlane, seconds = 30) => {
  const id = await begin(account, experimentSpec({ window: { durationSeconds: seconds } }))
  for (let ticks = 0; ticks < 40; ticks++) {
    await pass(account, plane)
    if ((await read(plane, id)).experiment.phase === 'ended') return id
  }
  throw new Error(`${id} did not end`)
}

const WHOLE_LIFE = ['created', 'preparing', 'started', 'ending: completed', 'ended: completed']

describe('notices', PATIENT, () => {
  it('tell the event bus of every change, in order, with what its sessions carry', async () => {
    const account = await openAccount()
    const id = await live(account, account.plane)

    const notices = heard(account)
    expect(kinds(notices)).toEqual(WHOLE_LIFE)
    expect(notices[0]).toMatchObject({
      experiment: id,
      deployment: 'shadowmeter/test',
      owner: 'ada',
      before: null,
      tags: { 'managed-by': 'shadowmeter', deployment: 'shadowmeter/test', 'experiment-id': id },
    })
    expect(await pendingNotices(account.plane.table)).toEqual([])
  })

  it('announce an experiment before its first mirror session is made', async () => {
    const account = await openAccount()
    await begin(account, experimentSpec())
    while (leftovers(account).sessions.length === 0) await pass(account)

    const response = await fetch(`${account.cloud.address}/-/calls`)
    const { calls } = (await response.json()) as { calls: { action: string }[] }
    const order = calls
      .map(({ action }) => action)
      .filter((action) => /PutEvents|MirrorSession$/.test(action))
    expect(order.slice(0, 2)).toEqual(['PutEvents', 'PutEvents'])
    expect(order).toContain('CreateTrafficMirrorSession')
  })

  it('give security teams the notice that a spec asks for of what will be done, and begin when it has lasted', async () => {
    const account = await openAccount()
    const { plane } = account
    const team = await securityTeam(account)
    const id = await announced(account, plane, { preNoticeMinutes: PRE_NOTICE_MINUTES })
    await pass(account, plane)
    const posted = await eventually(async () => team().find(({ kind }) => kind === 'announced'))
    const sessions = account.cloud.state.mirrorSessions.list()
    const [notice] = heard(account).filter(({ kind }) => kind === 'announced')
    const told = account.clock.now()
    const { experiment } = await read(plane, id)
    while (leftovers(account).sessions.length === 0) await pass(account, plane)
    const since = account.clock.now()
    await pass(account, plane)

    expect(posted).toEqual(notice)
    expect(sessions).toEqual([])
    expect(notice).toMatchObject({
      experiment: id,
      announces: {
        enis: [eni(1), eni(2)],
        notBefore: experiment.startAt,
        cloudTrailEvents: expect.arrayContaining(['CreateTrafficMirrorSession']),
      },
      tags: { 'experiment-id': id },
    })
    expect(experiment).toMatchObject({
      phase: 'scheduled',
      reason: expect.stringContaining(`no mirror session is made before ${experiment.startAt}`),
    })
    expect(since - told).toBeGreaterThanOrEqual(55_000)
    expect(since).toBeGreaterThanOrEqual(Date.parse(experiment.startAt))
    expect(kinds(heard(account))).toEqual(['created', 'announced', 'preparing', 'started'])
    expect(Date.parse(experiment.endAt) - Date.parse(experiment.startAt)).toBe(60_000)
  })

  it('let nothing start while the bus does not take the pre-notice, and a stop ends it all the same', async () => {
    const account = await openAccount()
    const deaf = withoutBus(withPreNotice(account.plane))
    const [id, other] = [await announced(account, deaf), await announced(account, deaf)]
    for (let ticks = 0; ticks < 2; ticks++) await pass(account, deaf, 35)
    const waiting = await read(deaf, id)
    await stop(account, other)
    for (let ticks = 0; ticks < 4; ticks++) await pass(account, deaf, 20)

    expect(waiting.experiment.phase).toBe('scheduled')
    expect((await read(deaf, other)).experiment).toMatchObject({ phase: 'ended', outcome: 'stopped' })
    expect((await read(deaf, id)).experiment).toMatchObject({
      outcome: 'expired',
      reason: 'Its pre-notice could not be given before its window had passed.',
    })
    expect(leftovers(account)).toEqual(NOTHING_LEFT)
  })

  it('wait for a bus that is away without holding anything up', async () => {
    const account = await openAccount()
    const id = await live(account, withoutBus(account.plane))
    const silent = heard(account)
    const pending = await pendingNotices(account.plane.table)
    await tick(account.plane, account.clock.now() + 60_000)
    await account.clock.advance(100)

    expect(silent).toEqual([])
    expect((await read(account.plane, id)).experiment.outcome).toBe('completed')
    expect(leftovers(account)).toEqual(NOTHING_LEFT)
    expect(kinds(pending)).toEqual(WHOLE_LIFE)
    await expect.poll(() => kinds(heard(account)), { timeout: 20_000 }).toEqual(WHOLE_LIFE)
    expect(await pendingNotices(account.plane.table)).toEqual([])
  })

  it('are given up after a day, and said to be', async () => {
    const account = await openAccount()
    const id = await begin(account, experimentSpec())
    await stop(account, id)
    await tick(withoutBus(account.plane), account.clock.now() + 60_000)
    await account.clock.advance(25 * 3_600_000)
    await tick(account.plane, account.clock.now() + 60_000)

    expect(account.lines.join('\n')).toMatch(/error a notice was never taken by the event bus .*"created"/)
    expect(await pendingNotices(account.plane.table)).toEqual([])
  })

  it('are told again, with the same id, after a crash at any call', async () => {
    const account = await openAccount()
    const startAt = new Date(account.clock.now() + 86_400_000).toISOString()
    const later = experimentSpec({ window: { startAt, durationSeconds: 60 } })
    const begun = async (interrupt: Interrupt) => {
      const plane = account.reopen()
      interrupt.attach(plane.clients)
      const id = await begin(account, later)
      const deadline = account.clock.now() + 60_000
      await reconcile(plane, id, deadline).catch((error: unknown) => {
        if (!interrupt.killed) throw error
      })
      // Whoever held the writer’s lease is dead.
      await account.clock.advance(25_000)
      await reconcile(account.plane, id, account.clock.now() + 60_000)
      await tellPending(account.plane)
      await account.clock.advance(10)
      return heard(account).filter(({ experiment }) => experiment === id)
    }
    const count = new Interrupt(Number.POSITIVE_INFINITY, 'lost')
    await begun(count)

    expect(count.calls).toContain('PutEventsCommand')
    for (const [at, call] of count.calls.entries()) {
      const notices = await begun(new Interrupt(at, 'lost'))
      expect(new Set(notices.map(({ id }) => id)).size, `killed at call ${at}, ${call}`).toBe(1)
      expect(kinds(notices)[0]).toBe('created')
    }
    expect(await pendingNotices(account.plane.table)).toEqual([])
  })
})
