import type { FilterRule } from '../../contract/filter-rule.ts'
import { ownerOf } from '../../contract/owner.ts'
import type { Action } from '../experiments/actions.ts'
import type { Answer } from '../experiments/learn.ts'
import { clientToken } from '../experiments/names.ts'
import { announcementOf, noticeOf } from '../experiments/notice.ts'
import type { View } from '../experiments/observed.ts'
import { ANNOUNCED, announced, enter, extended, probed, promoted } from '../experiments/phases.ts'
import type { ExperimentRecord, SessionRecord } from '../experiments/record.ts'
import { scaleTo } from '../gateway/service.ts'
import { isInUse, isNotFound } from '../mirror/errors.ts'
import { createFilter, createRule, deleteFilter, tagExpiry, turnRule } from '../mirror/filter.ts'
import { createSession, deleteSession, moveSession } from '../mirror/session.ts'
import { resolveSource } from '../mirror/sources.ts'
import type { Ownership } from '../mirror/tags.ts'
import { arm, disarm, renew } from '../schedule/one-time.ts'
import { appendAudit } from '../store/audit.ts'
import { updateRecord } from '../store/experiments.ts'
import { forgetConfigs, publishConfig } from '../store/gateway-config.ts'
import { writeSession } from '../store/ledger.ts'
import { quarantine } from '../store/vnis.ts'
import { type ControlPlane, newWriterName } from './control-plane.ts'
import { conclude } from './keep-evidence.ts'
import { announce, notify } from './notify.ts'

/** It cannot be done yet, but will: EC2 has not made known everywhere what it said it had made. */
export class NotYet extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'NotYet'
  }
}

/**
 * Does one action: one AWS call or one write. Repeating it after a crash, or after an answer that was lost, does no harm.
 * @throws the SDK’s errors, VersionConflict, NotYet
 */
export const apply = async (plane: ControlPlane, view: View, action: Action): Promise<Answer> => {
  const { clients, config, schedules, table } = plane
  const { ec2, ecs, scheduler } = clients
  const { id } = view.record.experiment
  const own: Ownership = {
    deployment: config.deployment,
    experiment: id,
    owner: ownerOf(view.record.experiment),
  }
  const token = (...parts: (string | number)[]) => clientToken(config.deployment, id, ...parts)
  switch (action.kind) {
    case 'arm':
      await arm(scheduler, action.schedule, action.at, action.what, schedules)
      return {}
    case 'renew': {
      const deed = { deed: 'reject-rule', rule: action.rule } as const
      return { absent: !(await renew(scheduler, action.schedule, action.at, deed, schedules)) }
    }
    case 'disarm':
      await disarm(scheduler, action.schedule, schedules.group)
      return {}
    case 'create-filter':
      return {
        id: await createFilter(ec2, token('filter', action.generation), {
          ...own,
          expiresAt: action.expiresAt,
        }),
      }
    case 'delete-filter':
      return deleting(deleteFilter(ec2, action.filter))
    case 'create-rule': {
      const { filter, slot, generation, rule } = action
      return { id: await createRule(ec2, token('rule', filter, slot, generation), filter, rule, own) }
    }
    case 'accept-rule':
      return turning(plane, view, action.rule, 'accept')
    case 'reject-rule':
      return turning(plane, view, action.rule, 'reject')
    case 'create-session': {
      const { session, filter, packetLength } = action
      const on = {
        target: config.mirrorTarget,
        filter: session.parked ? config.parkingFilter : filter,
        packetLength,
      }
      const once = token('session', session.eni, session.generation)
      return { id: await createSession(ec2, once, session, on, { ...own, expiresAt: session.expiresAt }) }
    }
    case 'move-session':
      return movingSession(plane, action)
    case 'delete-session':
      return deletingSession(plane, view, action.session)
    case 'tag':
      await tagExpiry(ec2, action.resources, action.expiresAt)
      return {}
    case 'scale':
      await scaleTo(ecs, config, action.desired)
      return {}
    case 'publish':
      return { config: await publishEntry(plane, id, action.entry) }
    case 'forget-configurations':
      await forgetConfigs(table, action.before)
      return {}
    case 'write-session':
      if (action.session.deletedAt !== null)
        await quarantine(table, action.session.vni, action.session.deletedAt)
      await writeSession(table, id, action.session)
      return {}
    case 'write-record':
      return { record: await updateRecord(table, changed(view, action, new Date(plane.now()))) }
    case 'audit':
      await appendAudit(table, action.entry)
      // Security teams have been told already.
      if (action.entry.what !== ANNOUNCED)
        await notify(plane, noticeOf(action.entry, view.record.experiment, config.deployment))
      return {}
    case 'announce':
      return announcing(plane, view, action.notBefore)
    case 'forget-active':
      await conclude(plane, view.record)
      return {}
  }
}

/** The record as a write-record action makes it. */
export const changed = (
  { record, sessions, seen }: View,
  action: Extract<Action, { kind: 'write-record' }>,
  now: Date,
): ExperimentRecord => {
  const { phase } = record.experiment
  const live = phase !== 'scheduled' && phase !== 'ended'
  const next: ExperimentRecord = {
    experiment: {
      ...record.experiment,
      ...(live && {
        sources: sessions.filter(({ state }) => state === 'active').length,
        gateways: seen.gateways.healthy,
      }),
      ...action.experiment,
    },
    life: { ...record.life, ...action.life },
  }
  if (action.extend) return extended(next, now)
  if (action.announced) return announced(next, action.announced, now)
  if (action.promote !== undefined) return promoted(next, action.promote, now)
  if (action.probed !== undefined) return probed(next, action.probed, now)
  return action.enter ? enter(next, action.enter, now) : next
}

const deleting = async (call: Promise<void>): Promise<Answer> => {
  try {
    await call
    return {}
  } catch (error) {
    if (isNotFound(error)) return { absent: true }
    if (isInUse(error)) throw new NotYet('it is still in use', { cause: error })
    throw error
  }
}

const announcing = async (plane: ControlPlane, { record }: View, notBefore: string): Promise<Answer> => {
  const { experiment } = record
  const { sources } = await resolveSource(plane.clients, experiment.spec.source)
  const enis = sources.flatMap(({ eni, verdict }) => (verdict === 'unsupported' ? [] : [eni]))
  const notice = announcementOf(experiment, { enis, notBefore }, plane.config.deployment)
  if (!(await announce(plane, notice))) throw new NotYet('the event bus has not taken the pre-notice')
  return { enis: enis.length }
}

const isYoung = (plane: ControlPlane, since: string | null | undefined): boolean =>
  since != null && plane.now() - Date.parse(since) < plane.settings.describeLagMs

/** One that EC2 does not know is gone, unless it is so young that it may not be known everywhere. */
const turning = async (
  plane: ControlPlane,
  { record }: View,
  rule: string,
  to: FilterRule['action'],
): Promise<Answer> => {
  try {
    await turnRule(plane.clients.ec2, rule, to)
    return {}
  } catch (error) {
    if (!isNotFound(error)) throw error
    const known = record.life.rules.find((one) => one.rule === rule)
    if (isYoung(plane, known?.createdAt)) throw new NotYet(`rule ${rule} is not known yet`, { cause: error })
    return { absent: true }
  }
}

const movingSession = async (
  { clients }: ControlPlane,
  { session, filter }: Extract<Action, { kind: 'move-session' }>,
): Promise<Answer> => {
  try {
    await moveSession(clients.ec2, session, filter)
    return {}
  } catch (error) {
    // One that is gone is found missing, and written off, when it is old enough.
    if (isNotFound(error))
      throw new NotYet(`session ${session} is not known yet, or is gone`, { cause: error })
    throw error
  }
}

/**
 * NotFound is success, unless the session is so young that EC2 may not have made it known everywhere: then it may well
 * exist. Once its own schedule has had its time it is believed at any age.
 */
const deletingSession = async (plane: ControlPlane, { sessions }: View, session: string): Promise<Answer> => {
  const answer = await deleting(deleteSession(plane.clients.ec2, session))
  const row: SessionRecord | undefined = sessions.find((one) => one.session === session)
  const killed = row?.killAt != null && Date.parse(row.killAt) <= plane.now()
  if (answer.absent && !killed && isYoung(plane, row?.knownAt))
    throw new NotYet(`session ${session} is not known yet`)
  return answer
}

/** Other experiments may publish at the same time: the entry is put into whatever is current. */
const publishEntry = async (
  plane: ControlPlane,
  id: string,
  entry: Extract<Action, { kind: 'publish' }>['entry'],
): Promise<NonNullable<Answer['config']>> => {
  const { table } = plane
  for (let attempt = 0; attempt < 10; attempt++) {
    const current = await plane.published.read()
    const others = current.experiments.filter((one) => one.id !== id)
    const next = entry === null ? others : [...others, entry]
    const published = await publishConfig(table, current, next, {
      at: new Date(plane.now()),
      writer: newWriterName(plane),
    })
    if (published) return { revision: published.revision, entry }
  }
  throw new NotYet('other experiments keep publishing gateway configurations')
}
