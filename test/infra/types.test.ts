import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, inject, it } from 'vitest'

describe.runIf(inject('missingPlatform') === null)('infra/', () => {
  it('is what SST’s own types allow', async () => {
    const { stdout } = await promisify(execFile)('npx', ['tsc', '-p', 'infra']).catch((error) => error)

    expect(stdout).toBe('')
  })
})
