import { afterEach, describe, expect, it, vi } from 'vitest'
import { startTestCloud } from '../support/aws-clients.ts'
import { mirrorFor } from '../support/infra/left-over.ts'

type Gate = { refuseWhileMirroring(): Promise<void> }

/** SST's globals are what the CLI gives to sst.config.ts. */
const gateOf = async (stage: string, command: string, environment: Record<string, string>): Promise<Gate> => {
  vi.stubGlobal('$app', { name: 'shadowmeter', stage })
  vi.stubGlobal('$cli', { command })
  vi.stubGlobal('aws', { getCallerIdentityOutput: () => ({ accountId: '111122223333' }) })
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  vi.resetModules()
  const file = '../../infra/gate.ts'
  return (await import(file)) as Gate
}
afterEach(() => {
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
})

/** An account in which an experiment of the stage `staging` mirrors. */
const mirroringAccount = async (): Promise<Record<string, string>> => {
  const { cloud, ec2 } = await startTestCloud()
  await mirrorFor(ec2, 'shadowmeter/staging')
  return {
    AWS_ENDPOINT_URL: cloud.address,
    SST_AWS_ACCESS_KEY_ID: 'test',
    SST_AWS_SECRET_ACCESS_KEY: 'test',
  }
}

describe('a deployment', () => {
  it('is refused while an experiment of its stage mirrors, and says which', async () => {
    const gate = await gateOf('staging', 'deploy', await mirroringAccount())

    await expect(gate.refuseWhileMirroring()).rejects.toThrow(
      /^exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y of stage staging mirrors now.*SHADOWMETER_DEPLOY_WHILE_MIRRORING=1/,
    )
  })

  it.each([
    ['is forced', 'staging', 'deploy', { SHADOWMETER_DEPLOY_WHILE_MIRRORING: '1' }],
    ['is of another stage', 'production', 'deploy', {}],
    ['is only looked at', 'staging', 'diff', {}],
  ])('goes on when it %s', async (_, stage, command, environment) => {
    const gate = await gateOf(stage, command, { ...(await mirroringAccount()), ...environment })

    await expect(gate.refuseWhileMirroring()).resolves.toBeUndefined()
  })
})
