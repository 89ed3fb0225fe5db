import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRun, type Traffic } from './run.ts'

/** The parts of a V8 profile that are read. */
type Profile = {
  nodes: { id: number; callFrame: { functionName: string; url: string } }[]
  samples: number[]
  timeDeltas: number[]
}

const PROFILED_SECONDS = 3

/** Per cent of the processor time of the gateway's threads by stage, sampled in a run of its own. */
export const stageShares = async (
  traffic: Traffic,
  isRedacted: boolean,
  rate: number,
): Promise<Record<string, number>> => {
  const folder = mkdtempSync(join(tmpdir(), 'shadowmeter-bench-'))
  try {
    const run = await startRun(traffic, { isRedacted, node: ['--cpu-prof', `--cpu-prof-dir=${folder}`] })
    await run.phase(rate, PROFILED_SECONDS)
    await run.end()
    const byStage: Record<string, number> = {}
    for (const file of readdirSync(folder)) add(byStage, JSON.parse(readFileSync(join(folder, file), 'utf8')))
    const total = Object.values(byStage).reduce((sum, time) => sum + time, 0)
    return Object.fromEntries(
      Object.entries(byStage)
        .sort(([, a], [, b]) => b - a)
        .map(([stage, time]) => [stage, Math.round((time / total) * 1000) / 10]),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const add = (byStage: Record<string, number>, { nodes, samples, timeDeltas }: Profile): void => {
  const stages = new Map(nodes.map(({ id, callFrame }) => [id, stageOf(callFrame)]))
  // A receiver that waits in the kernel looks busy to the sampler: its time is taken from the scheduler instead.
  if (nodes.some(({ callFrame }) => callFrame.url.endsWith('/source/receiver.ts'))) return
  for (const [index, id] of samples.entries()) {
    const stage = stages.get(id)
    if (stage !== undefined && stage !== null)
      byStage[stage] = (byStage[stage] ?? 0) + (timeDeltas[index] ?? 0)
  }
}

/** Null: not working. */
const stageOf = ({ functionName, url }: Profile['nodes'][number]['callFrame']): string | null => {
  if (functionName === '(idle)') return null
  if (functionName === '(garbage collector)') return 'garbage collection'
  if (functionName === '(program)') return 'native'
  const [, folder] = /\/data-plane\/([a-z-]+)/.exec(url) ?? []
  if (folder !== undefined) return folder === 'experiment' || folder === 'worker' ? 'gateway' : folder
  if (url.includes('/undici/')) return 'undici'
  if (url.startsWith('node:')) return 'node'
  return url === '' ? 'native' : 'other'
}
