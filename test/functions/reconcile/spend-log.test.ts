import { expect, test } from 'vitest'
import { begin, openAccount, pass, read } from '../../support/experiment-account.ts'
import { experimentSpec as spec } from '../../support/experiment-spec.ts'

test('a minute of mirroring is logged once, with the expected spend as a share of the budget', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const id = await begin(account, spec({ window: { durationSeconds: 1800 } }))
  for (let n = 0; n < 40 && (await read(account.plane, id)).experiment.phase !== 'mirroring'; n++)
    await pass(account)
  for (let n = 0; n < 3; n++) await pass(account)

  const { experiment } = await read(account.plane, id)

  const lines = account.lines.filter((line) => line.includes(' info metered '))
  const said = lines.map((line) => JSON.parse(line.slice(line.indexOf('{'))))
  const minutes = lines.map((line) => line.slice(0, 8))
  expect(said.length).toBeGreaterThanOrEqual(2)
  expect(new Set(minutes).size).toBe(lines.length)
  expect(said.at(-1)).toEqual({
    experiment: id,
    spentUsd: experiment.spend.totalUsd,
    forecastUsd: experiment.forecastUsd,
    budgetUsd: experiment.spec.budgetUsd,
    forecastShare: experiment.forecastUsd / experiment.spec.budgetUsd,
  })
  expect(said.at(-1).forecastShare).toBeGreaterThan(0)
})
