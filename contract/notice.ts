import * as z from 'zod'
import { AuditEntry } from './audit.ts'
import { Timestamp } from './experiment.ts'

/** What an experiment’s notice is about. */
export const NOTICE_KINDS = ['created', 'preparing', 'started', 'ending', 'ended', 'changed'] as const

/** How notices are marked on the event bus: an EventBridge rule matches these. */
export const NOTICE_SOURCE = 'shadowmeter'
export const NOTICE_DETAIL_TYPE = 'Shadowmeter Experiment Change'

/** The detail of an event on the bus: one change of one experiment, told at least once. */
export const Notice = AuditEntry.extend({
  kind: z
    .enum(NOTICE_KINDS)
    .describe(
      'created: planned; preparing: mirror sessions are about to be made; started: packets are mirrored; ending: the ' +
        'outcome is decided (after.outcome); ended: nothing is left; changed: anything else, for example its end',
    ),
  deployment: z.string(),
  name: z.string(),
  owner: z.string(),
  startAt: Timestamp,
  tags: z
    .record(z.string(), z.string())
    .describe('what its mirror sessions and filters carry: for rules that watch the creation of sessions'),
}).meta({ id: 'Notice' })
export type Notice = z.output<typeof Notice>
