import type { TestProject } from 'vitest/node'
import { startCloud } from '../../local/aws/cloud.ts'
import { testWorld } from '../support/aws-world.ts'
import { missingPlatform } from '../support/infra/platform.ts'
import { SECRETS, STAGES } from '../support/infra/stages.ts'
import { synth } from '../support/infra/synth.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Why SST's platform could not be installed. */
    missingPlatform: string | null
  }
}

/** Before the tests: SST's platform is there, and every stage's resources lie in the cache. */
export default async (project: TestProject): Promise<void> => {
  const missing = await missingPlatform()
  project.provide('missingPlatform', missing)
  if (missing !== null) {
    console.warn(`not run: everything about the deployment to AWS (test/infra), because ${missing}`)
    return
  }
  const cloud = await startCloud({ port: 0, world: testWorld() })
  try {
    const environment = { ...SECRETS, AWS_ENDPOINT_URL: cloud.address }
    await Promise.all(Object.values(STAGES).map((options) => synth(options, environment)))
  } finally {
    await cloud.close()
  }
}
