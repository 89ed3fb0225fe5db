import * as z from 'zod'

/** Where a running gateway task is asked by the others which requests it has seen. */
export const GatewayTask = z.strictObject({
  task: z.string().min(1),
  address: z.ipv4(),
  port: z.int().min(1).max(65535).describe('UDP'),
})
export type GatewayTask = z.output<typeof GatewayTask>

/** The tasks that run, as the control plane introduces them to each other. */
export const GatewayTasks = z.object({ tasks: z.array(GatewayTask).max(1_000) })
export type GatewayTasks = z.output<typeof GatewayTasks>
