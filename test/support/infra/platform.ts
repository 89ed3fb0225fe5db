import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './sst-bundle.ts'

const run = promisify(execFile)

/**
 * Why SST's platform is not there; null when it is. The first time it is installed from the npm registry, which takes half
 * a minute; it stays in .sst/.
 */
export const missingPlatform = async (): Promise<string | null> => {
  try {
    await run('npm', ['run', '--silent', 'sst:types'], { cwd: ROOT, timeout: 280_000 })
  } catch (error) {
    return error instanceof Error ? error.message.split('\n').slice(0, 3).join(' ') : String(error)
  }
  return existsSync(join(ROOT, '.sst/platform/node_modules/@pulumi/aws'))
    ? null
    : 'sst install left the AWS provider out'
}
