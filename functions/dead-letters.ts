import * as z from 'zod'
import { auditEntry, CONTROL_PLANE } from './experiments/audit.ts'
import { lambda } from './lambda.ts'
import { isNotFoundCode } from './mirror/errors.ts'
import type { ControlPlane } from './reconcile/control-plane.ts'
import { appendAudit } from './store/audit.ts'
import { readRecord } from './store/experiments.ts'

const attribute = z.object({ stringValue: z.string() })

/**
 * A message of the queue for what schedules could not do, as SQS hands it to Lambda. The attributes are those that
 * EventBridge Scheduler adds (user guide, "Configuring a dead-letter queue").
 */
const Letter = z.object({
  messageId: z.string(),
  messageAttributes: z.object({
    ERROR_CODE: attribute,
    ERROR_MESSAGE: attribute,
    SCHEDULE_ARN: attribute,
    SCHEDULED_TIME: z.object({ stringValue: z.coerce.date() }),
    TARGET_ARN: attribute,
  }),
})
const Letters = z.object({ Records: z.array(z.unknown()) })

/** Schedules that do what is to be done anyway: whoever came first has done it, and a rule goes with its filter. */
const ENDS = /:ec2:(delete[A-Za-z]+|modifyTrafficMirrorFilterRule)$/

/** No source says whether the code is EC2’s own or that of an SDK’s exception, with EC2’s in the message. */
const NOT_FOUND = /InvalidTrafficMirror\w+(Id)?\.?No?t?Found/

/**
 * A schedule that found nothing to end any more has succeeded. Everything else is reported: in the log as an error,
 * and in the audit trail of its experiment. Nothing is tried again here, since the tick and the sweep do.
 */
export const handleDeadLetters = async (plane: ControlPlane, input: unknown): Promise<void> => {
  for (const record of Letters.parse(input).Records) {
    const read = Letter.safeParse(record)
    if (!read.success) {
      plane.log('error', 'a dead letter cannot be read', { problem: z.prettifyError(read.error) })
      continue
    }
    const { ERROR_CODE, ERROR_MESSAGE, SCHEDULE_ARN, SCHEDULED_TIME, TARGET_ARN } =
      read.data.messageAttributes
    const code = ERROR_CODE.stringValue
    const target = TARGET_ARN.stringValue
    const schedule = SCHEDULE_ARN.stringValue.split('/').at(-1) ?? ''
    const gone = isNotFoundCode(code) || NOT_FOUND.test(ERROR_MESSAGE.stringValue)
    if (ENDS.test(target) && gone) {
      plane.log('info', 'what a schedule was to end was gone', { schedule, code })
      continue
    }
    plane.log('error', 'a schedule could not do its work', {
      schedule,
      target,
      code,
      message: ERROR_MESSAGE.stringValue,
    })
    await noteInTrail(plane, schedule, code, SCHEDULED_TIME.stringValue)
  }
}

/** Dated by the schedule’s time, so that the same letter a second time is the same entry. */
const noteInTrail = async (plane: ControlPlane, schedule: string, code: string, at: Date): Promise<void> => {
  const id = /^(exp_[0-9A-Z]{26})\./.exec(schedule)?.[1]
  const record = id === undefined ? undefined : await readRecord(plane.table, id)
  if (!record) return
  const { experiment } = record
  const change = { who: CONTROL_PLANE, what: `a schedule could not do its work: ${schedule}`, why: code }
  await appendAudit(plane.table, auditEntry(experiment, experiment, change, at))
}

/** The Lambda function that the queue of dead letters feeds. */
export const handler = lambda(handleDeadLetters)
