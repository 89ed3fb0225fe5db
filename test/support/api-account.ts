import type { Experiment } from '../../contract/experiment.ts'
import { type ApiUnderTest, openApiOver } from './api.ts'
import * as world from './aws-world.ts'
import { dependencies } from './declared.ts'
import { type Account, openAccount, pass } from './experiment-account.ts'

/** Each of these is some hundred calls over sockets: a busy machine may need a while. */
export const PATIENT = { timeout: 60_000 }

/** An experiment on two interfaces of the test account, as it is asked of the API. */
export const asked = {
  name: 'checkout',
  source: { by: 'eni', ids: [world.eni(1), world.eni(2)] },
  traffic: { ports: [8080] },
  shadow: { url: 'http://127.0.0.1:9000' },
  dependencies,
  window: { durationSeconds: 600 },
  budgetUsd: 25,
}

export const create = (more: object = {}, headers: Record<string, string> = {}) => ({
  method: 'POST',
  path: '/experiments',
  body: { ...asked, ...more },
  headers,
})

/** A local account with the API over its control plane. */
export const open = async (...options: Parameters<typeof openAccount>) => {
  const account = await openAccount(...options)
  return { account, api: openApiOver(account.plane) }
}

export const passUntil = async (
  account: Account,
  api: ApiUnderTest,
  id: string,
  phase: string,
): Promise<Experiment> => {
  for (let ticks = 0; ticks < 60; ticks++) {
    const { body: experiment } = await api.send({ path: `/experiments/${id}` })
    if (experiment.phase === phase) return experiment
    await pass(account)
  }
  throw new Error(`${id} never came to ${phase}:\n${account.lines.slice(-20).join('\n')}`)
}
