import { expect, test } from 'vitest'
import type { ExperimentSpecInput } from '../../../contract/experiment.ts'
import { listAudit } from '../../../functions/store/audit.ts'
import { BYTES_PER_SECOND, mirroredVnis } from '../../support/account-gateways.ts'
import { openApiOver } from '../../support/api.ts'
import { eni } from '../../support/aws-world.ts'
import {
  type Account,
  begin,
  ledger,
  leftovers,
  NOTHING_LEFT,
  openAccount,
  pass,
  read,
} from '../../support/experiment-account.ts'
import { experimentSpec as spec } from '../../support/experiment-spec.ts'

const PATIENT = { timeout: 90_000 }

/** Four sources in two zones, for ten minutes, after a probe of half a minute. */
const probing = (probe: ExperimentSpecInput['probe'], change: Partial<ExperimentSpecInput> = {}) =>
  spec({
    source: { by: 'eni', ids: [1, 2, 3, 4].map(eni) },
    window: { durationSeconds: 600 },
    probe: { seconds: 30, ...probe },
    ...change,
  })

const experimentOf = async (account: Account, id: string) => (await read(account.plane, id)).experiment

const until = async (account: Account, id: string, what: string, holds: () => Promise<boolean>) => {
  for (let n = 0; n < 40; n++) {
    if (await holds()) return experimentOf(account, id)
    await pass(account)
  }
  throw new Error(`it is not ${what}: ${JSON.stringify(await experimentOf(account, id))}`)
}
const probeIs = (account: Account, id: string, state: string) =>
  until(account, id, state, async () => (await experimentOf(account, id)).probe?.state === state)
const phaseIs = (account: Account, id: string, phase: string) =>
  until(account, id, phase, async () => (await experimentOf(account, id)).phase === phase)

test('first one source in each zone is mirrored; when the way works, all of them are', PATIENT, async () => {
  const account = await openAccount()
  const id = await begin(account, probing({}))

  await phaseIs(account, id, 'mirroring')
  for (let n = 0; n < 2; n++) await pass(account)
  const during = { flowing: mirroredVnis(account.cloud), ...(await experimentOf(account, id)) }
  const zones = new Set((await ledger(account.plane, id)).map(({ availabilityZone }) => availabilityZone))
  const passed = await probeIs(account, id, 'passed')
  for (let n = 0; n < 6; n++) await pass(account)

  expect(during.flowing).toHaveLength(2)
  expect(zones.size).toBe(2)
  expect(during.reason).toMatch(/^The probe measures one source in each zone since \d\d:\d\d:\d\d UTC\.$/)
  expect(passed.probe?.found).toMatchObject({
    sources: 2,
    candidates: 4,
    zones: 2,
    silent: [],
    problems: [],
  })
  const found = passed.probe?.found
  expect(found?.seconds).toBeGreaterThanOrEqual(30)
  expect(found?.seconds).toBeLessThanOrEqual(40)
  // 50 bytes of headers around each of 1,000.
  expect(found?.bytesPerSecond).toBeGreaterThan(0.9 * 2 * BYTES_PER_SECOND)
  expect(found?.bytesPerSecond).toBeLessThan(1.1 * 2 * BYTES_PER_SECOND * 1.05)
  expect(found?.answered).toBe(found?.forwarded)
  expect(found?.expectedUsd).toBeGreaterThan(4 * 0.015)
  expect(mirroredVnis(account.cloud)).toHaveLength(4)
  expect(await experimentOf(account, id)).toMatchObject({ phase: 'mirroring', sources: 4, reason: null })
  const { items } = await listAudit(account.plane.table, id, { maxResults: 50 })
  expect(items.find(({ what }) => what === 'the probe passed')?.why).toContain(
    '2 of 4 sources in 2 zones for',
  )
  expect((await read(account.plane, id)).life.peakBytesPerSecond).toBeGreaterThan(1.8 * 2 * BYTES_PER_SECOND)
})

test('that is to ask pauses with what it found, and goes on when somebody resumes it', PATIENT, async () => {
  const account = await openAccount()
  const api = openApiOver(account.plane)
  const id = await begin(account, probing({ after: 'ask' }))

  const asked = await probeIs(account, id, 'asking')
  for (let n = 0; n < 2; n++) await pass(account)
  const asking = { flowing: mirroredVnis(account.cloud), ...(await experimentOf(account, id)) }
  const kept = leftovers(account).sessions
  const { status } = await api.send({ method: 'POST', path: `/experiments/${id}/resume`, body: {} })
  for (let n = 0; n < 6; n++) await pass(account)

  expect(asking).toMatchObject({ flowing: [], phase: 'mirroring', pausedSince: expect.any(String) })
  expect(asked.reason).toBe(asking.reason)
  expect(asking.reason).toMatch(
    /^The probe is over and nothing is mirrored: resume it to go on, or stop it\. 2 of 4 sources/,
  )
  expect(kept).toHaveLength(2)
  expect(status).toBe(202)
  expect(mirroredVnis(account.cloud)).toHaveLength(4)
  expect(await experimentOf(account, id)).toMatchObject({ probe: { state: 'passed' }, pausedSince: null })
})

test('nobody answers its question: it ends as failed, and says so', PATIENT, async () => {
  const account = await openAccount()
  const id = await begin(account, probing({ after: 'ask' }, { window: { durationSeconds: 100 } }))

  await probeIs(account, id, 'asking')
  const ended = await phaseIs(account, id, 'ended')

  expect(ended).toMatchObject({
    outcome: 'failed',
    reason: 'Its window ended before anybody said whether to go on after the probe.',
  })
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
})

test('a probe of which nothing arrives ends the experiment with the reason', PATIENT, async () => {
  const account = await openAccount()
  account.gateways.deaf = true
  const id = await begin(account, probing({}))

  const ended = await phaseIs(account, id, 'ended')

  expect(ended.outcome).toBe('failed')
  expect(ended.reason).toMatch(
    /^The probe found a problem\. No packet of any probed source arrived in \d+ s: /,
  )
  expect((await ledger(account.plane, id)).map(({ generation }) => generation)).toEqual([0, 0])
  expect(leftovers(account)).toEqual(NOTHING_LEFT)
})

test(
  'a shadow that does not answer, and a price beyond the limit, end it before the rest is mirrored',
  PATIENT,
  async () => {
    const account = await openAccount()
    account.gateways.shadow = 'failed_connect'
    const deaf = await begin(account, probing({}))
    const dear = await begin(
      account,
      probing({ maxUsd: 0.01, answeredPercent: 0 }, { source: { by: 'eni', ids: [5, 6].map(eni) } }),
    )

    const [silent, tooMuch] = [await phaseIs(account, deaf, 'ended'), await phaseIs(account, dear, 'ended')]

    expect(silent).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('The shadow answered 0 of'),
    })
    expect(tooMuch.reason).toMatch(
      /All 2 sources are expected to cost \$\d.* by the end, more than \$0\.01\./,
    )
    expect(leftovers(account)).toEqual(NOTHING_LEFT)
  },
)
