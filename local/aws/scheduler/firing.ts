import { AwsError } from '../aws-error.ts'
import type { Dispatcher } from '../dispatch.ts'
import { uuid } from '../ids.ts'
import { DeliveryError } from '../invoke-function.ts'
import type { Schedule } from '../rows.ts'
import { sendMessage } from '../sqs.ts'
import type { State } from '../state.ts'
import { parseExpression } from './expression.ts'
import { deliver, parseTarget } from './target.ts'

const FIRST_RETRY_MILLISECONDS = 1000
const LONGEST_RETRY_MILLISECONDS = 60_000

export const scheduleKey = (group: string, name: string): string => `${group}/${name}`

/**
 * Makes schedules fire. A one-time schedule keeps its time until its delivery is over, so that a crash in between
 * delivers it again; a recurring one goes on to its next time first.
 */
export class Firing {
  readonly #state: State
  readonly #dispatcher: () => Dispatcher
  readonly #lambdaEndpoint: string | undefined
  readonly #endEvents: () => void
  /** Deliveries that are under way, and what ends their waiting. */
  readonly #underWay = new Map<string, () => void>()
  #timer: { at: number; cancel: () => void } | undefined
  #closed = false

  constructor(state: State, dispatcher: () => Dispatcher, lambdaEndpoint: string | undefined) {
    this.#state = state
    this.#dispatcher = dispatcher
    this.#lambdaEndpoint = lambdaEndpoint
    this.#endEvents = state.onChange(() => this.#arm())
  }

  start(): void {
    this.#arm()
  }

  close(): void {
    this.#closed = true
    this.#endEvents()
    this.#timer?.cancel()
    for (const cancel of this.#underWay.values()) cancel()
  }

  /** One timer, for the earliest of all. */
  #arm(): void {
    if (this.#closed) return
    let earliest = Number.POSITIVE_INFINITY
    for (const row of this.#state.schedules.list()) {
      if (this.#isWaiting(row)) earliest = Math.min(earliest, row.nextAt)
    }
    if (this.#timer?.at === earliest) return
    this.#timer?.cancel()
    this.#timer = undefined
    if (earliest === Number.POSITIVE_INFINITY) return
    const cancel = this.#state.clock.setTimer(Math.max(0, earliest - this.#state.clock.now()), () => {
      this.#timer = undefined
      this.#fireDue()
      this.#arm()
    })
    this.#timer = { at: earliest, cancel }
  }

  #isWaiting(row: Schedule): row is Schedule & { nextAt: number } {
    return row.state === 'ENABLED' && row.nextAt !== null && !this.#underWay.has(deliveryKey(row, row.nextAt))
  }

  #fireDue(): void {
    const now = this.#state.clock.now()
    for (const row of this.#state.schedules.list()) {
      if (!this.#isWaiting(row) || row.nextAt > now) continue
      this.#begin(row, row.nextAt)
      const next = nextTime(row, row.nextAt, now, this.#state.switches.minuteSeconds)
      if (next !== 'same')
        this.#state.schedules.set(scheduleKey(row.groupName, row.name), { ...row, nextAt: next })
    }
  }

  #begin(row: Schedule, scheduledAt: number): void {
    const { clock, switches, random } = this.#state
    const key = deliveryKey(row, scheduledAt)
    const late = switches.deliveryDelaySeconds * 1000 + random() * (row.flexibleMinutes ?? 0) * 60_000
    const executionId = uuid(random)
    const begin = () => void this.#attempt(row, scheduledAt, key, executionId, 1)
    const wait = scheduledAt + late - clock.now()
    // Set first: a delivery without any wait must be known as under way too.
    this.#underWay.set(key, () => {})
    if (wait <= 0) begin()
    else this.#underWay.set(key, clock.setTimer(wait, begin))
  }

  async #attempt(
    fired: Schedule,
    scheduledAt: number,
    key: string,
    executionId: string,
    attempt: number,
  ): Promise<void> {
    const { clock } = this.#state
    if (this.#closed) return
    const row = this.#current(fired, scheduledAt)
    if (!row) {
      this.#underWay.delete(key)
      this.#arm()
      return
    }
    const payload = withContext(row, scheduledAt, executionId, attempt, this.#state)
    try {
      const target = parseTarget(row.target.arn, this.#dispatcher(), this.#lambdaEndpoint)
      const once = () => deliver(target, payload, this.#state, this.#dispatcher(), this.#lambdaEndpoint)
      await once()
      if (this.#state.switches.deliverTwice) await once().catch(() => {})
    } catch (error) {
      const failure = asDeliveryError(error)
      const exhausted = this.#exhausted(row, scheduledAt, attempt, failure)
      if (exhausted === undefined) {
        const wait = Math.min(LONGEST_RETRY_MILLISECONDS, FIRST_RETRY_MILLISECONDS * 2 ** (attempt - 1))
        const again = () => void this.#attempt(row, scheduledAt, key, executionId, attempt + 1)
        if (!this.#closed) this.#underWay.set(key, clock.setTimer(wait, again))
        return
      }
      this.#deadLetter(row, scheduledAt, executionId, attempt, payload, failure, exhausted)
    }
    this.#underWay.delete(key)
    this.#complete(row, scheduledAt)
    this.#arm()
  }

  /** The schedule as it is now; undefined when an update or a delete came in time to call the delivery off. */
  #current(fired: Schedule, scheduledAt: number): Schedule | undefined {
    const current = this.#state.schedules.get(scheduleKey(fired.groupName, fired.name))
    if (current?.state !== 'ENABLED') return undefined
    const same = isOneTime(fired) ? current.nextAt === scheduledAt : current.modifiedAt === fired.modifiedAt
    return same ? current : undefined
  }

  /** Undefined while another attempt is due; else why there is none. */
  #exhausted(
    row: Schedule,
    scheduledAt: number,
    attempt: number,
    failure: DeliveryError,
  ): string | undefined {
    const { maximumAge, maximumRetries } = row.target
    if (!failure.retryable && !this.#state.switches.retryClientErrors) return 'NonRetryableError'
    if (attempt > maximumRetries) return 'MaximumRetryAttempts'
    if (this.#state.clock.now() - scheduledAt >= maximumAge * 1000) return 'MaximumEventAgeInSeconds'
    return undefined
  }

  #complete(row: Schedule, scheduledAt: number): void {
    const key = scheduleKey(row.groupName, row.name)
    const current = this.#state.schedules.get(key)
    if (!current) return
    const finished = isOneTime(row) ? current.nextAt === scheduledAt : current.nextAt === null
    if (!finished) return
    if (current.actionAfterCompletion === 'DELETE') this.#state.schedules.delete(key)
    else if (current.nextAt !== null) this.#state.schedules.set(key, { ...current, nextAt: null })
  }

  /** Message attributes as the user guide lists them ("Configuring a dead-letter queue"). */
  #deadLetter(
    row: Schedule,
    scheduledAt: number,
    executionId: string,
    attempt: number,
    payload: string,
    failure: DeliveryError,
    exhausted: string,
  ): void {
    const arn = this.#state.arn('scheduler', `schedule/${scheduleKey(row.groupName, row.name)}`)
    const { deadLetterArn } = row.target
    const attributes = {
      ERROR_CODE: failure.code,
      ERROR_MESSAGE: failure.message,
      EXECUTION_ID: executionId,
      EXHAUSTED_RETRY_CONDITION: exhausted,
      IS_PAYLOAD_TRUNCATED: 'false',
      RETRY_ATTEMPTS: String(attempt - 1),
      SCHEDULE_ARN: arn,
      SCHEDULED_TIME: new Date(scheduledAt).toISOString(),
      TARGET_ARN: row.target.arn,
    }
    if (deadLetterArn === null) {
      console.error(
        `The schedule ${arn} failed and has no dead-letter queue: ${failure.code} ${failure.message}`,
      )
      return
    }
    try {
      sendMessage(this.#state, deadLetterArn, payload === '' ? '{}' : payload, attributes)
    } catch (error) {
      console.error(`The schedule ${arn} failed, and so did its dead-letter queue: ${String(error)}`)
    }
  }
}

const isOneTime = ({ expression }: Schedule): boolean => expression.startsWith('at(')

const deliveryKey = (row: Schedule, scheduledAt: number): string =>
  `${scheduleKey(row.groupName, row.name)} ${scheduledAt}`

/** `same` for a one-time schedule: its time stays until it is delivered. Missed times of a recurring one are not made up. */
function nextTime(
  row: Schedule,
  scheduledAt: number,
  now: number,
  minuteSeconds: number,
): number | null | 'same' {
  const expression = parseExpression(row.expression, row.timezone, minuteSeconds)
  if (expression.kind === 'at') return 'same'
  const missed = Math.max(0, Math.floor((now - scheduledAt) / expression.period))
  const next = scheduledAt + (missed + 1) * expression.period
  return row.endAt !== null && next > row.endAt ? null : next
}

function withContext(
  row: Schedule,
  scheduledAt: number,
  executionId: string,
  attempt: number,
  state: State,
): string {
  const words: Readonly<Record<string, string>> = {
    'schedule-arn': state.arn('scheduler', `schedule/${scheduleKey(row.groupName, row.name)}`),
    'scheduled-time': new Date(scheduledAt).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    'execution-id': executionId,
    'attempt-number': String(attempt),
  }
  const input = row.target.input ?? ''
  return input.replace(/<aws\.scheduler\.([a-z-]+)>/g, (whole, name: string) => words[name] ?? whole)
}

function asDeliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error
  if (error instanceof AwsError) return new DeliveryError(error.code, error.message, false)
  return new DeliveryError('InternalFailure', String(error), false)
}
