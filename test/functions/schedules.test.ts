import { expect, test } from 'vitest'
import { handleSchedule } from '../../functions/schedules.ts'
import { type Account, begin, openAccount, read } from '../support/experiment-account.ts'
import { experimentSpec } from '../support/experiment-spec.ts'

const PATIENT = { timeout: 30_000 }
const soon = ({ clock }: Account) => clock.now() + 15_000

test('a tick looks after every active experiment', PATIENT, async () => {
  const account = await openAccount()
  const id = await begin(account, experimentSpec())

  await handleSchedule(account.plane, { kind: 'tick' }, soon(account))

  expect((await read(account.plane, id)).experiment.phase).toBe('preparing')
})

test('a start that is called early waits for its second, and may be called twice', PATIENT, async () => {
  const account = await openAccount()
  const startAt = new Date(account.clock.now() + 5000).toISOString()
  const id = await begin(account, experimentSpec({ window: { startAt, durationSeconds: 60 } }))
  const event = { kind: 'start', experiment: id }

  const early = Promise.all([1, 2].map(() => handleSchedule(account.plane, event, soon(account))))
  await account.clock.advance(0)
  const before = (await read(account.plane, id)).experiment.phase
  await expect
    .poll(
      async () => {
        await account.clock.advance(500)
        return (await read(account.plane, id)).experiment.phase
      },
      { timeout: 20_000 },
    )
    .toBe('preparing')
  await expect
    .poll(
      async () => {
        await account.clock.advance(500)
        return Promise.race([
          early.then(() => 'done'),
          new Promise((resolve) => setTimeout(resolve, 100, 'busy')),
        ])
      },
      { timeout: 20_000 },
    )
    .toBe('done')

  expect(before).toBe('scheduled')
  expect((await read(account.plane, id)).life.preparingSince! >= startAt).toBe(true)
})

test('an end of an experiment that is not there, or that was moved, does nothing', PATIENT, async () => {
  const account = await openAccount()
  const id = await begin(account, experimentSpec({ window: { durationSeconds: 600 } }))

  await handleSchedule(
    account.plane,
    { kind: 'end', experiment: 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y' },
    soon(account),
  )
  await handleSchedule(account.plane, { kind: 'end', experiment: id }, soon(account))

  expect((await read(account.plane, id)).experiment.phase).toBe('scheduled')
})

test('an event of another shape is an error that is logged without its content', PATIENT, async () => {
  const account = await openAccount()

  const answer = handleSchedule(account.plane, { kind: 'tock', password: 'secret' }, soon(account))

  await expect(answer).rejects.toThrow()
  expect(account.lines.join()).toContain('schedule event failed')
  expect(account.lines.join()).not.toContain('secret')
})
