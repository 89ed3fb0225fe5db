import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConsole } from '../../local/control-plane/console-files.ts'
import { findBrowser, launchBrowser } from '../support/browser.ts'
import { type OidcProvider, startOidcProvider } from '../support/oidc-provider.ts'

const found = await findBrowser()
if (found.path === null) console.warn(`Signing in was not tested in a browser: ${found.why}.`)

const CLIENT = 'shadowmeter-console'
const ROOT = resolve(import.meta.dirname, '../..')

/** The console as a deployment builds it, before an API that takes the provider's tokens. */
describe.skipIf(found.path === null)('a console whose users sign in', () => {
  let provider: OidcProvider
  let server: Server
  let browser: Browser
  let address = ''
  const folder = mkdtempSync(join(tmpdir(), 'console-'))
  let revoked = false

  beforeAll(async () => {
    provider = await startOidcProvider(CLIENT)
    await promisify(execFile)(
      'npx',
      ['vite', 'build', 'web', '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn'],
      {
        cwd: ROOT,
        env: {
          ...process.env,
          VITE_OIDC_ISSUER: provider.issuer,
          VITE_OIDC_CLIENT_ID: CLIENT,
          VITE_OIDC_AUTHORIZATION_ENDPOINT: `${provider.issuer}/authorize`,
          VITE_OIDC_TOKEN_ENDPOINT: `${provider.issuer}/token`,
          VITE_OIDC_SIGN_OUT_ENDPOINT: `${provider.issuer}/logout`,
          VITE_OIDC_SCOPE: 'openid email',
        },
      },
    )
    const files = await readConsole(folder)
    server = createServer(({ url = '/', headers }, response) => {
      if (url.startsWith('/api/')) {
        const isRight = provider.tokens.some((one) => headers.authorization === `Bearer ${one}`) && !revoked
        revoked = false
        response.writeHead(isRight ? 200 : 401, { 'content-type': 'application/json' })
        const answer = url.startsWith('/api/caller')
          ? { who: 'ada@example.com', roles: ['viewer'] }
          : { experiments: [], nextToken: null }
        response.end(JSON.stringify(isRight ? answer : { message: 'Unauthorized' }))
        return
      }
      const file = files.get(new URL(url, address).pathname) ?? files.get('/index.html')
      response.writeHead(200, { 'content-type': file?.type }).end(file?.bytes)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    browser = await launchBrowser(found.path ?? '')
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    server?.close()
    provider?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('sends a visitor to the provider and comes back to the page that was asked for', async () => {
    const page = await browser.newPage()

    await page.goto(`${address}/#/start`)
    await page.getByRole('heading', { level: 1 }).waitFor()

    expect(provider.tokens).toHaveLength(1)
    expect(new URL(page.url()).hash).toBe('#/start')
    expect(new URL(page.url()).search).toBe('')
  })

  test('sends its token with every request and renews it when the API does not take it any more', async () => {
    const page = await browser.newPage()
    await page.goto(address)
    await page.getByRole('heading', { name: 'Experiments', level: 1 }).waitFor()
    const before = provider.tokens.length

    revoked = true
    await expect.poll(() => provider.tokens.length, { timeout: 30_000 }).toBe(before + 1)
    await page.getByRole('heading', { name: 'Experiments', level: 1 }).waitFor()
  })

  test('signs out at the provider, in every page of the browser, and lets in again only when asked', async () => {
    const context = await browser.newContext()
    const [page, other] = [await context.newPage(), await context.newPage()]
    for (const one of [page, other]) {
      await one.goto(address)
      await one.getByRole('heading', { name: 'Experiments', level: 1 }).waitFor()
    }
    const before = provider.tokens.length

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor()

    const [said] = provider.signedOut
    expect(Object.fromEntries(said ?? [])).toEqual({
      client_id: CLIENT,
      post_logout_redirect_uri: `${address}/`,
      logout_uri: `${address}/`,
      id_token_hint: provider.tokens[before - 2],
    })
    // The other page had a token of its own: it has had to ask the provider again.
    await expect.poll(() => provider.tokens.length).toBe(before + 1)
    expect(page.url()).toBe(`${address}/`)

    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Experiments', level: 1 }).waitFor()
    expect(provider.tokens).toHaveLength(before + 2)
    await context.close()
  })

  test('says so when the provider refuses', async () => {
    const page = await browser.newPage()

    provider.refuse()
    await page.goto(address)

    await page.getByRole('heading', { name: 'You are not signed in' }).waitFor()
    expect(await page.getByRole('alert').textContent()).not.toBe('')
  })
})
