import { createHash, createSign, generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export type OidcProvider = {
  issuer: string
  /** ID tokens it has given out. */
  tokens: string[]
  /** What it was told at each sign-out. */
  signedOut: URLSearchParams[]
  /** Refuses the next sign-in. */
  refuse(): void
  close(): void
}

type Pending = { challenge: string; nonce: string; redirectUri: string }

/** An OpenID provider whose user says yes at once: authorization code flow, PKCE required, tokens signed by RS256. */
export const startOidcProvider = async (clientId: string): Promise<OidcProvider> => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pending = new Map<string, Pending>()
  const tokens: string[] = []
  const signedOut: URLSearchParams[] = []
  let refusing = false
  let issuer = ''

  const sign = (claims: object): string => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const content = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`
    return `${content}.${createSign('RSA-SHA256').update(content).sign(privateKey, 'base64url')}`
  }
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', issuer)
    const query = (name: string) => url.searchParams.get(name) ?? ''
    if (url.pathname === '/authorize') {
      const back = new URL(query('redirect_uri'))
      back.searchParams.set('state', query('state'))
      if (refusing) back.searchParams.set('error', 'access_denied')
      else {
        const code = randomUUID()
        pending.set(code, {
          challenge: query('code_challenge'),
          nonce: query('nonce'),
          redirectUri: query('redirect_uri'),
        })
        back.searchParams.set('code', code)
      }
      refusing = false
      response.writeHead(302, { location: back.href }).end()
      return
    }
    if (url.pathname === '/logout') {
      signedOut.push(url.searchParams)
      response.writeHead(302, { location: query('post_logout_redirect_uri') }).end()
      return
    }
    const form = new URLSearchParams(await text(request))
    const asked = pending.get(form.get('code') ?? '')
    pending.delete(form.get('code') ?? '')
    const proof = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const headers = {
      'content-type': 'application/json',
      'access-control-allow-origin': request.headers.origin ?? '',
    }
    if (!asked || asked.challenge !== proof || asked.redirectUri !== form.get('redirect_uri')) {
      response.writeHead(400, headers).end('{"error":"invalid_grant"}')
      return
    }
    const now = Math.floor(Date.now() / 1000)
    const token = sign({
      iss: issuer,
      aud: clientId,
      sub: 'ada',
      nonce: asked.nonce,
      iat: now,
      exp: now + 3600,
    })
    tokens.push(token)
    response.writeHead(200, headers).end(
      JSON.stringify({
        access_token: randomUUID(),
        token_type: 'Bearer',
        expires_in: 3600,
        id_token: token,
      }),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    tokens,
    signedOut,
    refuse: () => {
      refusing = true
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
