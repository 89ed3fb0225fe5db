import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Logger } from '@aws-lambda-powertools/logger'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import * as z from 'zod'
import { ExperimentId } from '../contract/experiment.ts'
import { readConfig } from './config.ts'
import { type ControlPlane, openControlPlane } from './reconcile/control-plane.ts'
import { errorText } from './reconcile/failure.ts'
import { onTime, tick } from './reconcile/tick.ts'

/** What EventBridge Scheduler sends. The same event twice is fine. */
export const ScheduleEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tick') }),
  z.object({ kind: z.literal('start'), experiment: ExperimentId }),
  z.object({ kind: z.literal('end'), experiment: ExperimentId }),
])
export type ScheduleEvent = z.output<typeof ScheduleEvent>

/** A run stops this long before Lambda would stop it. */
const MARGIN_MS = 15_000

/** @param remainingMs how long the call may take */
export const handleSchedule = async (
  plane: ControlPlane,
  input: unknown,
  remainingMs: number,
): Promise<void> => {
  const deadline = plane.now() + Math.max(1_000, remainingMs - MARGIN_MS)
  try {
    const event = ScheduleEvent.parse(input)
    if (event.kind === 'tick') await tick(plane, deadline)
    else await onTime(plane, event.kind, event.experiment, deadline)
  } catch (error) {
    plane.log('error', 'schedule event failed', { error: errorText(error) })
    throw error
  }
}

const open = (): ControlPlane => {
  const logger = new Logger({ serviceName: 'shadowmeter' })
  return openControlPlane(readConfig(process.env), {
    now: () => Date.now(),
    sleep: (milliseconds) => sleep(milliseconds),
    randomBytes: (size) => randomBytes(size),
    log: (level, message, more = {}) => logger[level](message, more),
  })
}

/** The Lambda function that schedules call: opened once per environment, at its first event. */
const makeHandler = () => {
  let plane: ControlPlane | undefined
  return middy((event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => {
    plane ??= open()
    return handleSchedule(plane, event, context.getRemainingTimeInMillis())
  })
}

export const handler = makeHandler()
