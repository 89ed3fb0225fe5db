import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { freePorts } from '../support/local-system.ts'

const MAIN = fileURLToPath(new URL('../../local/main.ts', import.meta.url))

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const listen = async (port: number): Promise<number> => {
  const server = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

const run = async (args: readonly string[]) => {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (text) => {
    out += text
  })
  child.stderr.on('data', (text) => {
    err += text
  })
  const [code] = await once(child, 'close')
  return { code, out, lines: err.trimEnd().split('\n') }
}

/** One line on stderr, nothing on stdout, and an exit code that is not zero. */
const refusal = async (args: readonly string[]): Promise<string> => {
  const { code, out, lines } = await run(args)
  expect([out, lines.length]).toEqual(['', 1])
  expect(code).toBeGreaterThan(0)
  return lines[0] ?? ''
}

describe('the local system does not start', () => {
  test('with an option that there is not', async () => {
    expect(await refusal(['--colour', 'blue'])).toMatch(/--colour.*--help/)
  })

  test('with production and no shadow', async () => {
    expect(await refusal(['--production', '127.0.0.1:3000'])).toMatch(/--shadow/)
  })

  test('on a port that is taken, of the console or of the AWS endpoint', async () => {
    const port = await freePorts()
    await listen(port + 1)
    expect(await refusal(['--port', String(port)])).toBe(
      `Port ${port + 1} is taken (AWS endpoint): choose others with --port`,
    )

    await listen(port)
    expect(await refusal(['--port', String(port)])).toBe(
      `Port ${port} is taken (console and API): choose others with --port`,
    )
  })

  test('in front of a service that does not answer', async () => {
    const [nobody, somebody] = [await freePorts(), await listen(0)]
    const port = String(await freePorts())

    const noProduction = [
      '--production',
      `127.0.0.1:${nobody}`,
      '--shadow',
      `http://127.0.0.1:${somebody}`,
      '--shadow-uses',
      'own',
    ]
    expect(await refusal([...noProduction, '--port', port])).toMatch(
      new RegExp(`127.0.0.1:${nobody}.*--production`),
    )
    const noShadow = [
      '--production',
      `127.0.0.1:${somebody}`,
      '--shadow',
      `http://127.0.0.1:${nobody}`,
      '--shadow-uses',
      'own',
    ]
    expect(await refusal([...noShadow, '--port', port])).toMatch(new RegExp(`127.0.0.1:${nobody}.*--shadow`))
    const same = [
      '--production',
      `127.0.0.1:${somebody}`,
      '--shadow',
      `http://127.0.0.1:${somebody}`,
      '--shadow-uses',
      'own',
    ]
    expect(await refusal([...same, '--port', port])).toMatch(/another service/)
  })

  test('but helps', async () => {
    const { code, out } = await run(['--help'])

    expect(code).toBe(0)
    expect(out).toMatch(/--production HOST:PORT/)
  })
})
