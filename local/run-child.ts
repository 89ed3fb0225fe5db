import { once } from 'node:events'
import { stopOnce } from './stop-once.ts'

/** What a child of the supervisor says to it. */
export type ChildMessage = { ready: true } | { failed: string }

/**
 * Runs one part of the local system in a process of its own. It ends on SIGINT, SIGTERM, or when the supervisor is
 * gone; a second signal changes nothing.
 */
export const runChild = async <Options>(
  start: (options: Options) => Promise<{ close(): Promise<void> }>,
): Promise<void> => {
  const say = (message: ChildMessage) => process.connected && process.send?.(message)
  const stopped = stopOnce(process)
  try {
    const [options] = await once(process, 'message')
    const started = await start(options as Options)
    say({ ready: true })
    await stopped
    await started.close()
    process.exit(0)
  } catch (error) {
    say({ failed: error instanceof Error ? error.message : String(error) })
    process.exit(1)
  }
}
