import { readdirSync, readFileSync } from 'node:fs'

/** Processor time of a process by thread name, in milliseconds. */
export type CpuByThread = Record<string, number>

/**
 * What the scheduler has counted for every thread, in nanoseconds; a thread that has ended is not in it. The gateway
 * and its threads live as long as the measurement.
 */
export const cpuByThread = (pid: number): CpuByThread => {
  const byName: CpuByThread = {}
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const name = readFileSync(`/proc/${pid}/task/${task}/comm`, 'latin1').trim()
    const [running] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')
    byName[name] = (byName[name] ?? 0) + Number(running) / 1e6
  }
  return byName
}

export const cpuDifference = (before: CpuByThread, after: CpuByThread): CpuByThread =>
  Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? 0)]))

export const cpuSum = (cpu: CpuByThread): number => Object.values(cpu).reduce((sum, ms) => sum + ms, 0)

/** Resident memory in MB (1,000,000 bytes): now, and the most it ever was. */
export const memoryMb = (pid: number): { now: number; peak: number } => {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const read = (field: string) => (Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) * 1024) / 1e6
  return { now: read('VmRSS'), peak: read('VmHWM') }
}
