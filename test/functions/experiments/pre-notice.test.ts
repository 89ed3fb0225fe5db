import { describe, expect, test } from 'vitest'
import type { ExperimentSpecInput } from '../../../contract/experiment.ts'
import { firstStart, preNoticeProblems } from '../../../functions/experiments/pre-notice.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'

const now = new Date('2026-11-21T12:00:00Z')
const specOf = (more: Partial<ExperimentSpecInput['window']>) =>
  experimentSpec({ window: { durationSeconds: 60, ...more } })

describe('an experiment begins when its pre-notice can be over', () => {
  test.each([
    ['nobody asks for one', 0, {}, '2026-11-21T12:00:00.000Z'],
    ['the deployment asks for one', 30, {}, '2026-11-21T12:30:00.000Z'],
    ['the spec asks for one', 0, { preNoticeMinutes: 45 }, '2026-11-21T12:45:00.000Z'],
    ['the spec asks for a longer one', 30, { preNoticeMinutes: 45 }, '2026-11-21T12:45:00.000Z'],
    ['the deployment’s became longer since', 60, { preNoticeMinutes: 45 }, '2026-11-21T13:00:00.000Z'],
    [
      'there is time enough before its window',
      30,
      { startAt: '2026-11-21T14:00:00Z' },
      '2026-11-21T14:00:00.000Z',
    ],
  ])('where %s', (_case, minutes, window, startAt) => {
    const start = firstStart(specOf(window), now, { preNoticeMs: minutes * 60_000 })

    expect(start.toISOString()).toBe(startAt)
  })
})

describe('a pre-notice', () => {
  test.each([
    ['nothing said', {}, { eventBus: null, preNoticeMinutes: 0 }, []],
    ['as the deployment', { preNoticeMinutes: 30 }, { eventBus: 'default', preNoticeMinutes: 30 }, []],
    ['none where none is asked for', { preNoticeMinutes: 0 }, { eventBus: null, preNoticeMinutes: 0 }, []],
    [
      'shorter than the deployment’s',
      { preNoticeMinutes: 0 },
      { eventBus: 'default', preNoticeMinutes: 30 },
      [expect.stringMatching(/30 minutes before: window\.preNoticeMinutes may be more, not 0/)],
    ],
    [
      'no bus to carry it',
      { preNoticeMinutes: 5 },
      { eventBus: null, preNoticeMinutes: 0 },
      [expect.stringMatching(/no event bus .* leave window\.preNoticeMinutes out/)],
    ],
  ])('is refused when it cannot be kept: %s', (_case, window, deployment, problems) => {
    expect(preNoticeProblems(specOf(window), deployment)).toEqual(problems)
  })
})
