import * as z from 'zod'
import { lambda } from './lambda.ts'
import type { ControlPlane } from './reconcile/control-plane.ts'
import { remainsOf } from './reconcile/remains.ts'

/** What a Lambda invocation that lives as a resource of the deployment is called with: `tf` says where in its life it is. */
export const RemovalEvent = z.object({ tf: z.object({ action: z.enum(['create', 'update', 'delete']) }) })

/**
 * The last look before a deployment is taken down; its creation and its updates ask for nothing.
 * @throws Error that names what is left, and so stops the removal
 */
export const handleRemoval = async (plane: ControlPlane, input: unknown, deadline: number): Promise<void> => {
  if (RemovalEvent.parse(input).tf.action !== 'delete') return
  const remains = await remainsOf(plane, deadline)
  if (remains.length > 0)
    throw new Error(
      `${remains.join(', ')} would go on costing money: stop the experiments, wait until they have ended, and remove again`,
    )
}

/** The Lambda function that a removal calls first. */
export const handler = lambda(handleRemoval)
