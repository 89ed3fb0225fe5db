import { startCloud } from './aws/cloud.ts'
import type { WorldDeclaration } from './aws/world.ts'
import { runChild } from './run-child.ts'

export type CloudChildOptions = {
  port: number
  world: WorldDeclaration
  dataDir: string | null
  lambdaEndpoint: string
  /** Length of a minute in `rate()`: the tick of the local system is quicker. */
  minuteSeconds: number
}

/** The AWS endpoints, in a process of their own: nothing else shares their event loop. */
await runChild<CloudChildOptions>(({ port, world, dataDir, lambdaEndpoint, minuteSeconds }) =>
  startCloud({
    port,
    world,
    lambdaEndpoint,
    switches: { minuteSeconds },
    ...(dataDir === null ? {} : { dataDir }),
  }),
)
