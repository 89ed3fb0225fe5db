import { describe, expect, inject, it } from 'vitest'
import { ALARM_MUTATIONS } from '../support/infra/mutations/alarms.ts'
import { CONTROL_MUTATIONS } from '../support/infra/mutations/control.ts'
import { DEFAULT_MUTATIONS } from '../support/infra/mutations/defaults.ts'
import { GATEWAY_MUTATIONS } from '../support/infra/mutations/gateways.ts'
import { RIGHTS_MUTATIONS } from '../support/infra/mutations/rights.ts'
import { STORAGE_MUTATIONS } from '../support/infra/mutations/storage.ts'
import { PROMISES } from '../support/infra/promises.ts'
import { Deployment, readStage } from '../support/infra/stages.ts'

const MUTATIONS = [
  ...DEFAULT_MUTATIONS,
  ...GATEWAY_MUTATIONS,
  ...STORAGE_MUTATIONS,
  ...RIGHTS_MUTATIONS,
  ...CONTROL_MUTATIONS,
  ...ALARM_MUTATIONS,
]

describe.runIf(inject('missingPlatform') === null)('a broken deployment', () => {
  it.each(MUTATIONS)('is noticed: %s', async (_, promise, breakIt, stage = 'production') => {
    const whole = await readStage(stage)
    const broken = new Deployment(structuredClone(whole.resources), false)

    breakIt(broken)

    expect(() => PROMISES[promise](whole)).not.toThrow()
    expect(() => PROMISES[promise](broken)).toThrow()
  })
})

it('breaks every promise', () => {
  const broken = new Set(MUTATIONS.map(([, promise]) => promise))

  expect([...broken].toSorted()).toEqual(Object.keys(PROMISES).toSorted())
})
