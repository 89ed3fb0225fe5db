import { ScanCommand } from '@aws-sdk/lib-dynamodb'
import { expect, it } from 'vitest'
import type { Table } from '../../../functions/store/table.ts'
import { openApiOver } from '../../support/api.ts'
import { eni } from '../../support/aws-world.ts'
import { dependencies } from '../../support/declared.ts'
import { openAccount, pass } from '../../support/experiment-account.ts'

/** Everything that the table holds, as text. */
const wholeTable = async ({ client, name }: Table): Promise<string> =>
  JSON.stringify((await client.send(new ScanCommand({ TableName: name, ConsistentRead: true }))).Items)

it('the key of an experiment’s pseudonyms is told to gateways alone, and gone when it has ended', {
  timeout: 60_000,
}, async () => {
  const account = await openAccount()
  const api = openApiOver(account.plane)
  const answers: unknown[] = []
  const send = async (request: Parameters<typeof api.send>[0]) => {
    const answer = await api.send(request)
    answers.push(answer.body)
    return answer.body
  }
  const { id } = await send({
    method: 'POST',
    path: '/experiments',
    body: {
      name: 'checkout',
      source: { by: 'eni', ids: [eni(1)] },
      traffic: { ports: [8080] },
      shadow: { url: 'http://127.0.0.1:9000' },
      dependencies,
      window: { durationSeconds: 600 },
      budgetUsd: 25,
    },
  })
  const until = async (phase: string) => {
    for (let ticks = 0; (await send({ path: `/experiments/${id}` })).phase !== phase; ticks++) {
      if (ticks === 60) throw new Error(`it never came to ${phase}`)
      await pass(account)
    }
  }
  await until('mirroring')
  const [entry] = (await account.plane.published.read()).experiments
  const key = entry?.redaction.key ?? ''
  for (const what of ['ledger', 'meter', 'audit']) await send({ path: `/experiments/${id}/${what}` })
  const during = await wholeTable(account.plane.table)

  await send({ method: 'POST', path: `/experiments/${id}/stop`, body: {} })
  await until('ended')
  const after = await wholeTable(account.plane.table)

  expect(Buffer.from(key, 'base64')).toHaveLength(32)
  expect(during).toContain(key)
  expect(after).not.toContain(key)
  expect(after).toContain(id)
  expect(JSON.stringify(answers)).not.toContain(key)
  expect(account.lines.join('\n')).not.toContain(key)
})
