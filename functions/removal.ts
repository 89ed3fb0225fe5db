import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Logger } from '@aws-lambda-powertools/logger'
import middy from '@middy/core'
import * as z from 'zod'
import { readConfig } from './config.ts'
import { type ControlPlane, openControlPlane } from './reconcile/control-plane.ts'
import { remainsOf } from './reconcile/remains.ts'

/** What a Lambda invocation with the lifecycle of a resource is called with; `tf` says which part of its life it is. */
export const RemovalEvent = z.looseObject({
  tf: z.looseObject({ action: z.enum(['create', 'update', 'delete']) }),
})

/**
 * The last look before a deployment is taken down: only the delete looks. @throws Error that names what is left, and so
 * stops the removal
 */
export const handleRemoval = async (plane: ControlPlane, input: unknown): Promise<void> => {
  if (RemovalEvent.parse(input).tf.action !== 'delete') return
  const remains = await remainsOf(plane)
  if (remains.length > 0)
    throw new Error(
      `${remains.join(', ')} would go on costing money: stop the experiments, wait until they have ended, and remove again`,
    )
}

const open = (): ControlPlane => {
  const logger = new Logger({ serviceName: 'shadowmeter-removal' })
  return openControlPlane(readConfig(process.env), {
    now: () => Date.now(),
    sleep: (milliseconds) => sleep(milliseconds),
    randomBytes: (size) => randomBytes(size),
    log: (level, message, more = {}) => logger[level](message, more),
  })
}

export const handler = middy((event: unknown) => handleRemoval(open(), event))
