import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../cli/commands.ts'
import { cli, shell } from '../support/cli.ts'

const PATIENT = { timeout: 30_000 }
const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

describe.concurrent('the command', PATIENT, () => {
  test('explains itself and each of its commands', async () => {
    const { code, out } = await cli(['--help'])
    const unknown = await cli(['destroy'])
    const helps = await Promise.all(['run', 'panic'].map((name) => cli([name, '--help'])))

    expect(code).toBe(0)
    expect(unknown).toEqual({
      code: 2,
      out: '',
      err: "shadowmeter: There is no command 'destroy'; --help lists what there is\n",
    })
    for (const [name, { summary }] of Object.entries(COMMANDS))
      expect(out).toContain(`${name.padEnd(9)} ${summary}`)
    for (const help of helps) {
      expect(help.code).toBe(0)
      expect(help.out).toContain('--json')
      expect(help.out).not.toContain('undefined')
    }
  })

  test.each([
    [['run', '--colour', 'blue'], /--colour.*--help/],
    [['run'], /--source or --tag, --port, --shadow, --duration, --budget: missing/],
    [['run', 'no-such-spec.json'], /no-such-spec\.json: ENOENT/],
    [['run', at('package.json'), '--budget', 'much'], /--budget takes a number, not 'much'/],
    [['run', '--duration', 'long'], /--duration takes a time like 90s, 10m, 2h, not 'long'/],
    [['run', '--tag', 'checkout'], /--tag takes KEY=VALUE/],
    [['run', '--source', 'checkout'], /eni-….*i-…/],
    [['run', '--source', 'i-1', '--tag', 'a=b'], /one of the two/],
    [['status'], /Which experiment\?/],
    [['status', '17'], /'17' is none: an experiment id looks like exp_/],
    [['list', 'all'], /'all' is one too many/],
    [['list', '--api', 'shadowmeter'], /--api takes an http or https address/],
    [['list', '--api', 'http://example.com/api'], /use https, requests are signed/],
    [['list', '--api', 'https://shadowmeter.example.com'], /Set AWS_REGION/],
    [['panic', '--region', 'us-east-1'], /--deployment is missing/],
    [['panic', '--deployment', 'a/b'], /--region is missing/],
  ])('refuses %j in one line', async (args, why) => {
    const { code, out, err } = await shell('http://127.0.0.1:1/api', ...args)

    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/^shadowmeter: [^\n]+$/)
    expect(err).toMatch(why)
  })
})

test('is bundled into one file that needs nothing beside it', PATIENT, async () => {
  const { stderr } = await promisify(execFile)(process.execPath, [at('cli/bundle.ts')])
  const bundled = await cli(['--help'], {}, at('cli/dist/shadowmeter.js'))

  expect(stderr).toBe('')
  expect(bundled.out).toBe((await cli(['--help'])).out)
  const manifest: unknown = JSON.parse(await readFile(at('cli/dist/package.json'), 'utf8'))
  expect(manifest).toMatchObject({ name: 'shadowmeter', bin: { shadowmeter: 'shadowmeter.js' } })
  expect(manifest).not.toHaveProperty('dependencies')
})
