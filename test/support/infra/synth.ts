import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './sst-bundle.ts'

export type Resource = {
  type: string
  name: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever a provider's resource takes
  inputs: Record<string, any>
  /** Names of the resources that must exist first. */
  dependsOn: string[]
}
export type Synthesis = { resources: Resource[]; errors: string[] }
export type SynthOptions = {
  stage: string
  dev: boolean
  /** File that takes the place of deployment.json. */
  deployment: string
}

const run = promisify(execFile)
const CACHE = join(ROOT, '.sst/synth')
const SOURCES = [
  'infra',
  'functions',
  'contract',
  'sst.config.ts',
  'package-lock.json',
  '.sst/provider-lock.json',
  ...['made-up', 'policy-document', 'rpc-server', 'sst-bundle', 'synth-process'].map(
    (file) => `test/support/infra/${file}.ts`,
  ),
]

/** Of everything that the result depends on. */
const fingerprint = (options: SynthOptions, more: object): string => {
  const hash = createHash('sha256')
    .update(JSON.stringify([options.stage, options.dev, more]))
    .update(readFileSync(options.deployment))
  for (const source of SOURCES) {
    const path = join(ROOT, source)
    const files = source.includes('.')
      ? [path]
      : readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
          .map((entry) => join(entry.parentPath, entry.name))
          .sort()
    for (const file of files) hash.update(file).update(readFileSync(file))
  }
  return hash.digest('hex').slice(0, 24)
}

/**
 * Every resource that `sst deploy` (or `sst dev`) would register for a stage. Takes some seconds the first time, after
 * that it is read from .sst/synth until a source changes.
 * @param environment must say where EC2 answers: a deployment asks it whether an experiment mirrors
 */
export const synth = async (
  options: SynthOptions,
  environment: Record<string, string>,
  cached = true,
): Promise<Synthesis> => {
  const file = join(CACHE, `${fingerprint(options, cached ? {} : { once: randomUUID() })}.json`)
  if (!existsSync(file)) {
    const out = `${file}.${process.pid}`
    const program = join(import.meta.dirname, 'synth-process.ts')
    await run(process.execPath, ['--no-warnings', program, JSON.stringify({ ...options, out })], {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        HOME: process.env.HOME,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        ...environment,
      },
      timeout: 120_000,
      maxBuffer: 16 * 1024 * 1024,
    })
    renameSync(out, file)
  }
  const synthesis = JSON.parse(readFileSync(file, 'utf8')) as Synthesis
  if (!cached || synthesis.errors.length > 0) rmSync(file)
  return synthesis
}
