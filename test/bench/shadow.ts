import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ShadowCounts } from './shadow-process.ts'

/** A fast shadow in a process of its own. */
export type Shadow = {
  url: string
  counts(): Promise<ShadowCounts>
  /** Waits until it has had so many requests, or until no more come for a while. */
  settled(requests: number): Promise<ShadowCounts>
  close(): Promise<void>
}

const LOOK_MS = 20
const QUIET_MS = 700

export const startShadow = async (): Promise<Shadow> => {
  const child = fork(new URL('./shadow-process.ts', import.meta.url))
  const [port] = (await once(child, 'message')) as [number]
  const counts = async () => {
    const answered = once(child, 'message') as Promise<[ShadowCounts]>
    child.send('counts')
    return (await answered)[0]
  }
  return {
    url: `http://127.0.0.1:${port}`,
    counts,
    settled: async (requests) => {
      let last = await counts()
      let quietSince = performance.now()
      while (last.requests < requests && performance.now() - quietSince < QUIET_MS) {
        await sleep(LOOK_MS)
        const now = await counts()
        if (now.requests !== last.requests) quietSince = performance.now()
        last = now
      }
      return last
    },
    close: async () => {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}
