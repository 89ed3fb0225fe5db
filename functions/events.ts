import * as z from 'zod'
import type { ExperimentRecord } from './experiments/record.ts'
import { lambda } from './lambda.ts'
import type { ControlPlane } from './reconcile/control-plane.ts'
import { errorText } from './reconcile/failure.ts'
import { reconcileSince } from './reconcile/tick.ts'
import { listActive, readRecord } from './store/experiments.ts'

const text = z.string().min(1)

/**
 * What AWS tells through EventBridge’s default bus when sources come and go. An event says that something moved, never
 * what is true now: it is looked at afresh. EC2’s and Auto Scaling’s events are best effort; the tick makes up for lost ones.
 */
export const FleetEvent = z.discriminatedUnion('detail-type', [
  z.object({
    'detail-type': z.literal('EC2 Instance State-change Notification'),
    detail: z.object({ 'instance-id': text, state: text }),
  }),
  z.object({
    'detail-type': z.enum(['EC2 Instance Launch Successful', 'EC2 Instance Terminate Successful']),
    detail: z.object({ EC2InstanceId: text, AutoScalingGroupName: text }),
  }),
  z.object({
    'detail-type': z.literal('ECS Task State Change'),
    detail: z.object({ clusterArn: text, taskArn: text, lastStatus: text }),
  }),
])
export type FleetEvent = z.output<typeof FleetEvent>

/** Whether the event can change what an experiment mirrors, or how far its preparation is. */
const concerns = (event: FleetEvent, { experiment }: ExperimentRecord, cluster: string): boolean => {
  const { phase, spec } = experiment
  if (phase !== 'preparing' && phase !== 'mirroring') return false
  if (event['detail-type'] !== 'ECS Task State Change') return true
  const { clusterArn } = event.detail
  const gateways = clusterArn === cluster || clusterArn.endsWith(`/${cluster}`)
  return gateways ? phase === 'preparing' : spec.source.by === 'ecs-service'
}

/**
 * Runs the same reconcile as every other door for the experiments that the event may concern. Of many events at a time,
 * those that a later look has already answered cost no look of their own.
 */
export const handleFleetEvent = async (
  plane: ControlPlane,
  input: unknown,
  deadline: number,
): Promise<void> => {
  const since = plane.now()
  try {
    const event = FleetEvent.parse(input)
    const errors: unknown[] = []
    for (const { id } of await listActive(plane.table)) {
      const record = await readRecord(plane.table, id)
      if (!record || !concerns(event, record, plane.config.cluster)) continue
      await reconcileSince(plane, id, since, deadline).catch((error: unknown) => errors.push(error))
    }
    if (errors.length > 0) throw new AggregateError(errors, 'not every experiment could follow')
  } catch (error) {
    plane.log('error', 'fleet event failed', { error: errorText(error) })
    throw error
  }
}

/** The Lambda function that EventBridge rules call. */
export const handler = lambda(handleFleetEvent)
