import { fork } from 'node:child_process'
import { once } from 'node:events'
import { cpuByThread, cpuDifference, cpuSum } from './process-usage.ts'
import { startShadow } from './shadow.ts'
import type { UndiciWork } from './undici-process.ts'

const WARM_UP_REQUESTS = 25_000
const SECONDS = 4

const known = new Map<number, Promise<number>>()

/** Milliseconds of processor time that undici alone takes for 1,000 requests at a rate; looked for once in a process. */
export const undiciAlone = (requestsPerSecond: number): Promise<number> => {
  const found = known.get(requestsPerSecond) ?? measure(requestsPerSecond)
  known.set(requestsPerSecond, found)
  return found
}

const measure = async (requestsPerSecond: number): Promise<number> => {
  const shadow = await startShadow()
  const child = fork(new URL('./undici-process.ts', import.meta.url))
  const send = async (requests: number) => {
    const done = once(child, 'message')
    child.send({ url: shadow.url, requestsPerSecond, requests } satisfies UndiciWork)
    await done
  }
  await send(WARM_UP_REQUESTS)
  const requests = requestsPerSecond * SECONDS
  const before = cpuByThread(child.pid as number)
  await send(requests)
  const used = cpuSum(cpuDifference(before, cpuByThread(child.pid as number)))
  child.kill('SIGKILL')
  await shadow.close()
  return (used / requests) * 1000
}
