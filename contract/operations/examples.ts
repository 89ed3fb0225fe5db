import type * as z from 'zod'
import type { Dependencies } from '../dependencies.ts'
import type { ExperimentSpecInput } from '../experiment.ts'
import type { WindowScheduleSpec } from '../window-schedule.ts'

const dependencies: Dependencies = {
  database: 'own',
  cache: 'own',
  queue: 'stub',
  mail: 'none',
  payment: 'stub',
  webhooks: 'none',
}

/** Bodies of requests as the API’s description shows them. Each is sent to the API by a test. */

const checkout: ExperimentSpecInput = {
  name: 'Checkout 2.4 before its release',
  source: { by: 'tag', match: 'all', tags: { service: 'checkout' } },
  traffic: { ports: [8080], directions: 'both' },
  shadow: { url: 'http://checkout-shadow.internal.example:8080' },
  dependencies,
  window: { durationSeconds: 600 },
  budgetUsd: 5,
}

const window: ExperimentSpecInput = {
  name: 'Checkout 2.4, a tenth of the users',
  owner: 'checkout',
  source: { by: 'instance', ids: ['i-0a000000000000001', 'i-0a000000000000002'] },
  traffic: { ports: [8080], clientCidrs: ['10.0.0.0/8'] },
  shadow: { url: 'http://checkout-shadow.internal.example:8080' },
  dependencies,
  requests: { percent: 10, writes: 'hold' },
  window: { startAt: '2026-12-01T14:00:00Z', durationSeconds: 7200, preNoticeMinutes: 60 },
  budgetUsd: 25,
}

export const specExamples = {
  now: { summary: 'Ten minutes from now, by tag, with responses to compare', value: checkout },
  later: { summary: 'Two hours on a day to come, by instance, with a tenth of the requests', value: window },
}

export const reasonExamples = {
  reason: { summary: 'With a reason for the audit trail', value: { reason: 'We have seen enough.' } },
}

export const approveExamples = {
  seen: {
    summary: 'What was seen at revision 1, and why it may go on',
    value: { ifRevision: 1, reason: 'The shadow has a copy of the database and no mail.' },
  },
}

export const extendExamples = {
  longer: {
    summary: 'Five minutes more, with a budget that pays for them',
    value: { bySeconds: 300, budgetUsd: 8, reason: 'Traffic was low.' },
  },
}

export const sourceExamples = {
  tag: { summary: 'Instances that carry a tag', value: { source: checkout.source } },
  eni: {
    summary: 'Network interfaces by id',
    value: { source: { by: 'eni', ids: ['eni-0a000000000000001'] } },
  },
}

export const budgetExamples = {
  team: {
    summary: 'A team’s limit for each month',
    value: { owner: 'checkout', monthUsd: 400, reason: 'As agreed for this quarter.' },
  },
  everybody: {
    summary: 'For every owner without a budget of its own',
    value: { owner: '*', monthUsd: 50 },
  },
}

const tuesdays: z.input<typeof WindowScheduleSpec> = {
  experiment: checkout,
  cron: '0 14 ? * TUE *',
  timeZone: 'Europe/Berlin',
  blackoutDates: ['2026-12-22', '2026-12-29'],
}
export const scheduleChangeExamples = {
  later: {
    summary: 'An hour later, and not on one more day',
    value: {
      cron: '0 15 ? * TUE *',
      blackoutDates: ['2026-12-22', '2026-12-29', '2027-01-05'],
      reason: 'The nightly import runs longer.',
    },
  },
}

export const scheduleExamples = {
  weekly: { summary: 'Tuesdays at 14:00 in Berlin, but not at the end of the year', value: tuesdays },
}

export const noiseExamples = {
  confirm: {
    summary: 'A counter that says nothing about the release',
    value: {
      endpoint: 'GET /orders/{id}',
      kind: 'value' as const,
      path: '$.views',
      decision: 'confirmed' as const,
      reason: 'Counts readers, the shadow has none.',
    },
  },
}

export const recordExamples = {
  because: {
    summary: 'With what the audit trail is to say',
    value: { reason: 'Ticket 17: orders without a total.' },
  },
}
