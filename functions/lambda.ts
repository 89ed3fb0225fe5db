import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Logger } from '@aws-lambda-powertools/logger'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { readConfig } from './config.ts'
import { type ControlPlane, openControlPlane } from './reconcile/control-plane.ts'

/** A run stops this long before Lambda would stop it. */
const MARGIN_MS = 15_000

/** Handles one event until the deadline (milliseconds since 1970). @throws what should be tried again */
export type Handle<Result> = (plane: ControlPlane, event: unknown, deadline: number) => Promise<Result>

export const deadlineOf = (plane: ControlPlane, remainingMs: number): number =>
  plane.now() + Math.max(1_000, remainingMs - MARGIN_MS)

const open = (): ControlPlane => {
  const logger = new Logger({ serviceName: 'shadowmeter' })
  return openControlPlane(readConfig(process.env), {
    now: () => Date.now(),
    sleep: (milliseconds) => sleep(milliseconds),
    randomBytes: (size) => randomBytes(size),
    log: (level, message, more = {}) => logger[level](message, more),
  })
}

/** A Lambda function around it: the control plane is opened once per environment, at its first event. */
export const lambda = <Result>(handle: Handle<Result>) => {
  let plane: ControlPlane | undefined
  return middy((event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>) => {
    plane ??= open()
    return handle(plane, event, deadlineOf(plane, context.getRemainingTimeInMillis()))
  })
}
