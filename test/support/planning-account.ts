import { expect } from 'vitest'
import type { Plan } from '../../contract/plan.ts'
import { asked, open } from './api-account.ts'

/** What plans are of: an hour of the same experiment. */
export const plannedBody = { ...asked, window: { durationSeconds: 3600 } }

/** A local account, its API, and plans of it. */
export const openPlanning = async (...options: Parameters<typeof open>) => {
  const { account, api } = await open(...options)
  const plan = async (more: object = {}): Promise<Plan> => {
    const answer = await api.send({ method: 'POST', path: '/plans', body: { ...plannedBody, ...more } })
    expect(answer.status).toBe(200)
    return answer.body
  }
  return { account, api, plan }
}
