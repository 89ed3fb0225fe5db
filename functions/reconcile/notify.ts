import { PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'
import { NOTICE_DETAIL_TYPE, NOTICE_SOURCE, type Notice } from '../../contract/notice.ts'
import { forgetNotice, pendingNotices, writeNotice } from '../store/notices.ts'
import type { ControlPlane } from './control-plane.ts'
import { errorText } from './failure.ts'

/** PutEvents takes 10 events at a time. */
const BATCH = 10
/** News of yesterday is none; EventBridge itself gives up delivering after so long. */
const STALE_MS = 86_400_000

/**
 * Remembers a notice and tells the event bus of it. What the bus does not take is told by the next tick: nothing that an
 * experiment does waits for it, or fails with it. Whoever listens may hear a notice twice, with the same id.
 */
export const notify = async (plane: ControlPlane, notice: Notice): Promise<void> => {
  if (plane.config.eventBus === null) return
  await writeNotice(plane.table, notice)
  await tell(plane, [notice], plane.config.eventBus)
}

/** Tells the event bus now, for what waits for it; false when it was not taken. */
export const announce = (plane: ControlPlane, notice: Notice): Promise<boolean> =>
  plane.config.eventBus === null ? Promise.resolve(false) : tell(plane, [notice], plane.config.eventBus)

/** Tells what was not told yet, the oldest first, until the bus refuses. */
export const tellPending = async (plane: ControlPlane): Promise<void> => {
  const { eventBus } = plane.config
  if (eventBus === null) return
  const pending = await pendingNotices(plane.table)
  const stale = pending.filter(({ at }) => plane.now() - Date.parse(at) > STALE_MS)
  for (const { id, experiment, what } of stale) {
    plane.log('error', 'a notice was never taken by the event bus', { experiment, what })
    await forgetNotice(plane.table, id)
  }
  const fresh = pending.filter((notice) => !stale.includes(notice))
  for (let at = 0; at < fresh.length; at += BATCH)
    if (!(await tell(plane, fresh.slice(at, at + BATCH), eventBus))) return
}

/** False when the bus did not take all of them. */
const tell = async (plane: ControlPlane, notices: readonly Notice[], eventBus: string): Promise<boolean> => {
  const refused: string[] = []
  try {
    const { Entries = [] } = await plane.clients.eventBridge.send(
      new PutEventsCommand({ Entries: notices.map((notice) => toEntry(notice, eventBus)) }),
    )
    for (const [index, { id }] of notices.entries()) {
      const entry = Entries[index]
      if (entry?.EventId === undefined) refused.push(`${entry?.ErrorCode}: ${entry?.ErrorMessage}`)
      else await forgetNotice(plane.table, id)
    }
  } catch (error) {
    refused.push(errorText(error))
  }
  if (refused.length > 0) plane.log('warn', 'the event bus did not take notices', { eventBus, refused })
  return refused.length === 0
}

const toEntry = (notice: Notice, eventBus: string): PutEventsRequestEntry => ({
  EventBusName: eventBus,
  Source: NOTICE_SOURCE,
  DetailType: NOTICE_DETAIL_TYPE,
  Time: new Date(notice.at),
  Resources: [notice.experiment],
  Detail: JSON.stringify(notice),
})
