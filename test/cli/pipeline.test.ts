import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { EXIT } from '../../cli/exit.ts'
import type { Experiment } from '../../contract/experiment.ts'
import { openApiOver } from '../support/api.ts'
import { API_TOKEN, serveApi } from '../support/api-server.ts'
import { cli } from '../support/cli.ts'
import { openAccount, passWhile } from '../support/experiment-account.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('the pipeline of the README runs as it is written there', { timeout: 90_000 }, async () => {
  const account = await openAccount()
  const server = await serveApi(openApiOver(account.plane))
  const folder = await mkdtemp(join(tmpdir(), 'shadowmeter-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const step = /- run: (exec node .+ run shadow\.json .+)\n/.exec(readme)?.[1] ?? ''
  const spec = /```json\n([^`]+"budgetUsd"[^`]+)```/.exec(readme)?.[1] ?? ''
  // Ten minutes of an account whose time is moved by hand are long.
  await writeFile(join(folder, 'shadow.json'), spec.replace('600', '30'))
  await symlink(root, join(folder, 'shadowmeter'))
  expect((await cli([], {}, join(root, 'cli/bundle.ts'))).code).toBe(0)

  const child = spawn('bash', ['-c', step], {
    cwd: folder,
    env: {
      ...process.env,
      PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
      SHADOWMETER_API: server.url,
      SHADOWMETER_TOKEN: API_TOKEN,
      GITHUB_REPOSITORY: 'shop/checkout',
      GITHUB_SHA: '3f786850e387550fdab836ed7e6dc881de23001b',
    },
    stdio: 'ignore',
  })
  let code: number | null | undefined
  void once(child, 'exit').then(([ended]) => {
    code = ended
  })
  await passWhile(account, () => code === undefined)

  const list = (await (await fetch(`${server.url}/experiments`)).json()) as { experiments: Experiment[] }
  // The gateways of this account compare nothing.
  expect(code).toBe(EXIT.inconclusive)
  expect(list.experiments).toMatchObject([{ outcome: 'completed', spec: { name: 'Checkout, next release' } }])
})
