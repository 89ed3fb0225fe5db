import * as z from 'zod'
import { ExperimentId } from '../contract/experiment.ts'
import { lambda } from './lambda.ts'
import type { ControlPlane } from './reconcile/control-plane.ts'
import { errorText } from './reconcile/failure.ts'
import { onTime, tick } from './reconcile/tick.ts'

/** What EventBridge Scheduler sends. The same event twice is fine. */
export const ScheduleEvent = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tick') }),
  z.object({ kind: z.literal('start'), experiment: ExperimentId }),
  z.object({ kind: z.literal('end'), experiment: ExperimentId }),
])
export type ScheduleEvent = z.output<typeof ScheduleEvent>

export const handleSchedule = async (
  plane: ControlPlane,
  input: unknown,
  deadline: number,
): Promise<void> => {
  try {
    const event = ScheduleEvent.parse(input)
    if (event.kind === 'tick') await tick(plane, deadline)
    else await onTime(plane, event.kind, event.experiment, deadline)
  } catch (error) {
    plane.log('error', 'schedule event failed', { error: errorText(error) })
    throw error
  }
}

/** The Lambda function that schedules call. */
export const handler = lambda(handleSchedule)
