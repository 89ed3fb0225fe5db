import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { PROOF_RUNS, type ProofRun } from './runs.ts'

/** `npm run proof [-- NAME ...]`: the long runs, one after the other, and what they prove in a table at the end. */

type Outcome = { run: ProofRun; passed: boolean; seconds: number }

const NAMES = PROOF_RUNS.map(({ name }) => name)
/** Where a test says nothing of its own. */
const TEST_MS = 3_600_000
const VITEST = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')

const carryOut = async (run: ProofRun): Promise<Outcome> => {
  console.log(`\n${run.name}: ${run.files.join(' ')}, ${run.scale} times`)
  const begin = performance.now()
  const child = spawn(
    process.execPath,
    [
      VITEST,
      'run',
      '--project',
      run.project ?? 'unit',
      `--testTimeout=${TEST_MS}`,
      '--reporter=verbose',
      ...run.files,
    ],
    {
      stdio: 'inherit',
      env: { ...process.env, SHADOWMETER_PROOF_SCALE: String(run.scale) },
    },
  )
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { run, passed: code === 0, seconds: (performance.now() - begin) / 1000 }
}

const main = async (): Promise<number> => {
  const { positionals } = parseArgs({ allowPositionals: true })
  const unknown = positionals.find((name) => !NAMES.includes(name))
  if (unknown !== undefined) {
    console.error(`no run is called ${unknown}: there are ${NAMES.join(', ')}`)
    return 2
  }
  const chosen = PROOF_RUNS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))

  const outcomes: Outcome[] = []
  for (const run of chosen) outcomes.push(await carryOut(run))

  console.log('\nproof')
  for (const { run, passed, seconds } of outcomes)
    console.log(
      `${passed ? 'holds ' : 'FAILED'}  ${run.name.padEnd(10)} ${duration(seconds).padStart(7)}  ${run.proves}`,
    )
  const failed = outcomes.filter(({ passed }) => !passed)
  console.log(
    failed.length === 0 ? `all ${outcomes.length} hold` : `${failed.length} of ${outcomes.length} failed`,
  )
  return failed.length === 0 ? 0 : 1
}

const duration = (seconds: number): string =>
  seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} m ${Math.round(seconds % 60)} s`

process.exitCode = await main()
