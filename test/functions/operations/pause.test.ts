import { expect, it } from 'vitest'
import { mirroredVnis } from '../../support/account-gateways.ts'
import { openApiOver } from '../../support/api.ts'
import * as world from '../../support/aws-world.ts'
import { dependencies } from '../../support/declared.ts'
import {
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
  rulesWithoutLease,
} from '../../support/experiment-account.ts'

const PATIENT = { timeout: 60_000 }

const body = {
  name: 'checkout',
  source: { by: 'eni', ids: [world.eni(1), world.eni(2)] },
  traffic: { ports: [8080] },
  shadow: { url: 'http://127.0.0.1:9000' },
  dependencies,
  window: { durationSeconds: 600 },
  budgetUsd: 25,
}

/** Where it is harder: nothing documents that EC2 deletes rules that are in use. */
const mirroring = async () => {
  const account = await openAccount({ deleteRuleInUse: 'refused' })
  const api = openApiOver(account.plane)
  const { id } = (await api.send({ method: 'POST', path: '/experiments', body })).body
  const read = async () => (await api.send({ path: `/experiments/${id}` })).body
  const change = (what: string, more: object = {}) =>
    api.send({ method: 'POST', path: `/experiments/${id}/${what}`, body: more })
  for (let n = 0; n < 20 && (await read()).phase !== 'mirroring'; n++) await pass(account)
  await pass(account)
  return { account, read, change }
}

it('a pause mirrors nothing and keeps the sessions; a resume mirrors with them again', PATIENT, async () => {
  const { account, read, change } = await mirroring()
  const { sessions, rules } = leftovers(account)

  const paused = await change('pause', { reason: 'a deployment' })
  const atOnce = { flowing: mirroredVnis(account.cloud), ...leftovers(account) }
  const twice = await change('pause')
  for (let n = 0; n < 4; n++) await pass(account)
  const silent = await read()
  const later = await read()
  const resumed = await change('resume')
  const again = mirroredVnis(account.cloud).length
  const leases = rulesWithoutLease(account)
  const notPaused = await change('resume')

  expect(paused).toMatchObject({ status: 202, body: { phase: 'mirroring', spec: { name: 'checkout' } } })
  expect(paused.body.pausedSince).not.toBeNull()
  expect(atOnce).toMatchObject({ flowing: [], rules, sessions })
  expect(twice).toMatchObject({ status: 409, body: { detail: expect.stringContaining('paused already') } })
  expect(silent.reason).toContain('its sessions stay, and their hours go on')
  expect(later.volume).toEqual(silent.volume)
  expect(silent).toMatchObject({ sources: 2, outcome: null })
  expect(resumed).toMatchObject({ status: 202, body: { pausedSince: null } })
  expect(again).toBe(2)
  expect(leases).toEqual([])
  expect(leftovers(account)).toMatchObject({ sessions, rules })
  expect(notPaused.status).toBe(409)
})

it('a kill is over within one run, and leaves nothing', PATIENT, async () => {
  const { account, read, change } = await mirroring()

  const killed = await change('kill', { reason: 'wrong shadow' })
  const left = leftovers(account)
  const over = await read()
  const again = await change('kill')

  expect(killed).toMatchObject({
    status: 202,
    body: { phase: 'ended', outcome: 'stopped', reason: 'wrong shadow' },
  })
  expect(left).toEqual(NOTHING_LEFT)
  expect(over.spend.lines['mirror-sessions']).toBeCloseTo(2 * 0.015, 12)
  expect(again.status).toBe(409)
})

it('what drains after a stop can be killed, and what does not mirror cannot be paused', PATIENT, async () => {
  const { read, change } = await mirroring()

  const stopped = await change('stop')
  const pause = await change('pause')
  const killed = await change('kill')

  expect(stopped.body.phase).toBe('draining')
  expect(pause.status).toBe(409)
  expect(killed.body.phase).toBe('ended')
  expect((await read()).outcome).toBe('stopped')
})
