import { expect, it } from 'vitest'
import { hurry } from '../../../functions/http/hurry.ts'

const id = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y'

it('gives up on AWS when it takes too long, and leaves the rest to the next tick', async () => {
  const started = performance.now()

  await hurry(() => new Promise(() => {}), id, 50)

  expect(performance.now() - started).toBeGreaterThanOrEqual(45)
})

it('never throws', async () => {
  await expect(hurry(() => Promise.reject(new Error('no network')), id)).resolves.toBeUndefined()
})
