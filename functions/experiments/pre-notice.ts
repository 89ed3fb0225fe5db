import type { ExperimentSpec } from '../../contract/experiment.ts'
import type { Settings } from './settings.ts'

const MINUTE_MS = 60_000

/**
 * So long before its first mirror session security teams are told of an experiment, in milliseconds; 0: they are not.
 * Never shorter than the deployment’s own, whatever that was when the experiment was asked for.
 */
export const preNoticeMs = (
  { window }: Pick<ExperimentSpec, 'window'>,
  settings: Pick<Settings, 'preNoticeMs'>,
): number => Math.max((window.preNoticeMinutes ?? 0) * MINUTE_MS, settings.preNoticeMs)

/** When it is to start: as asked, but not before its pre-notice could be over. */
export const firstStart = (
  spec: ExperimentSpec,
  now: Date,
  settings: Pick<Settings, 'preNoticeMs'>,
): Date => {
  const noticeMs = preNoticeMs(spec, settings)
  const asked = Date.parse(spec.window.startAt ?? now.toISOString())
  return new Date(Math.max(asked, noticeMs === 0 ? 0 : now.getTime() + noticeMs))
}

/** Why the pre-notice that a spec asks for cannot be given, or is too short; none where it says nothing. */
export const preNoticeProblems = (
  { window: { preNoticeMinutes } }: ExperimentSpec,
  deployment: Readonly<{ eventBus: string | null; preNoticeMinutes: number }>,
): string[] => {
  if (preNoticeMinutes === undefined) return []
  const least = deployment.preNoticeMinutes
  if (preNoticeMinutes < least)
    return [
      `This deployment tells security teams ${least} minutes before: window.preNoticeMinutes may be more, not ${preNoticeMinutes}.`,
    ]
  return preNoticeMinutes > 0 && deployment.eventBus === null
    ? [
        'This deployment has no event bus that would carry a pre-notice (SHADOWMETER_EVENT_BUS): leave window.preNoticeMinutes out.',
      ]
    : []
}
