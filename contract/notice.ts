import * as z from 'zod'
import { AuditEntry } from './audit.ts'
import { Timestamp } from './experiment.ts'
import { EniId } from './source.ts'

/** What an experiment’s notice is about. */
export const NOTICE_KINDS = [
  'created',
  'announced',
  'preparing',
  'started',
  'stage',
  'over-budget',
  'aborted',
  'ending',
  'ended',
  'changed',
] as const

/** Calls of an experiment as CloudTrail names them: what a rule of a SIEM would trip over. */
export const CLOUDTRAIL_EVENTS = [
  'CreateTrafficMirrorFilter',
  'CreateTrafficMirrorFilterRule',
  'CreateTrafficMirrorSession',
  'ModifyTrafficMirrorFilterRule',
  'ModifyTrafficMirrorSession',
  'DeleteTrafficMirrorSession',
  'DeleteTrafficMirrorFilter',
] as const

/** How notices are marked on the event bus: an EventBridge rule matches these. */
export const NOTICE_SOURCE = 'shadowmeter'
export const NOTICE_DETAIL_TYPE = 'Shadowmeter Experiment Change'

/** The detail of an event on the bus: one change of one experiment, told at least once. */
export const Notice = AuditEntry.extend({
  kind: z
    .enum(NOTICE_KINDS)
    .describe(
      'created: planned; announced: the pre-notice, with what is about to be done; preparing: mirror sessions are about to ' +
        'be made; started: packets are mirrored; stage: the next of its ramp begins; over-budget, aborted, ending: the ' +
        'outcome is decided (after.outcome); ended: nothing is left; changed: anything else, for example its end',
    ),
  deployment: z.string(),
  name: z.string(),
  owner: z.string(),
  startAt: Timestamp,
  tags: z
    .record(z.string(), z.string())
    .describe('what its mirror sessions and filters carry: for rules that watch the creation of sessions'),
  announces: z
    .strictObject({
      enis: z.array(EniId).describe('network interfaces that its source resolves to now'),
      notBefore: Timestamp.describe('no mirror session is made before'),
      cloudTrailEvents: z
        .array(z.string())
        .describe('event names that CloudTrail will show, with these tags'),
    })
    .exactOptional()
    .describe('of a pre-notice'),
}).meta({ id: 'Notice' })
export type Notice = z.output<typeof Notice>
