import type { AuthorizationServer, Client } from 'oauth4webapi'

/** The OIDC provider of a deployment, given to the build; a system on one’s own machine has none. */
type Provider = Readonly<{
  issuer: string
  clientId: string
  authorizationEndpoint: string
  tokenEndpoint: string
  /** Empty where the provider has none. */
  signOutEndpoint: string
  scope: string
}>

const env = import.meta.env
const provider: Provider | null = env.VITE_OIDC_ISSUER
  ? {
      issuer: env.VITE_OIDC_ISSUER,
      clientId: env.VITE_OIDC_CLIENT_ID,
      authorizationEndpoint: env.VITE_OIDC_AUTHORIZATION_ENDPOINT,
      tokenEndpoint: env.VITE_OIDC_TOKEN_ENDPOINT,
      signOutEndpoint: env.VITE_OIDC_SIGN_OUT_ENDPOINT,
      scope: env.VITE_OIDC_SCOPE,
    }
  : null

/** What must survive the way to the provider and back. */
type Errand = Readonly<{ state: string; nonce: string; verifier: string; hash: string }>
const ERRAND = 'sign-in'
/** Says, on the way back from the provider, where from. */
const SIGNED_OUT = 'signed-out'

/** Kept in memory only: a page that is loaded again asks the provider again, which knows its user. */
let token: string | null = null

export const bearer = (): string | null => token

/** The other pages of this browser have their own copy of the token: they go as well. */
const others = new BroadcastChannel(SIGNED_OUT)

/**
 * Signs in by the authorization code flow with PKCE (RFC 7636, RFC 9700) where the deployment has a provider. Resolves when
 * the page may be shown, with whether somebody is in; never, when the browser is on its way to the provider. @throws when
 * the provider refuses
 */
export const signIn = async (): Promise<'in' | 'out'> => {
  if (provider === null) return 'in'
  if (sessionStorage.getItem(SIGNED_OUT) !== null) {
    sessionStorage.removeItem(SIGNED_OUT)
    history.replaceState(null, '', '/')
    others.postMessage(null)
    return 'out'
  }
  others.onmessage = () => location.reload()
  const answer = new URL(location.href)
  const errand = readErrand()
  if (errand === null || !answer.searchParams.has('state')) return leave(provider)
  sessionStorage.removeItem(ERRAND)
  token = await redeem(provider, answer, errand)
  history.replaceState(null, '', `/${errand.hash}`)
  return 'in'
}

/** For a token that the API does not take any more: back to the provider, and then to the same page. */
export const signInAgain = async (): Promise<void> => {
  if (provider !== null) await leave(provider)
}

/** Without the provider’s own sign-out the next visitor would be let in again: then there is none here either. */
export const canSignOut: boolean = Boolean(provider?.signOutEndpoint)

/**
 * Ends the session at the provider and comes back. OpenID Connect RP-Initiated Logout 1.0; `logout_uri` is what Amazon Cognito
 * reads instead, and other providers ignore.
 */
export const signOut = (): void => {
  if (!provider?.signOutEndpoint) return
  const address = new URL(provider.signOutEndpoint)
  for (const [name, value] of Object.entries({
    client_id: provider.clientId,
    post_logout_redirect_uri: redirectUri(),
    logout_uri: redirectUri(),
    ...(token !== null && { id_token_hint: token }),
  }))
    address.searchParams.set(name, value)
  token = null
  sessionStorage.setItem(SIGNED_OUT, 'yes')
  location.assign(address)
}

const readErrand = (): Errand | null => JSON.parse(sessionStorage.getItem(ERRAND) ?? 'null') as Errand | null
const redirectUri = () => `${location.origin}/`

const leave = async (to: Provider): Promise<never> => {
  const oauth = await import('oauth4webapi')
  const errand: Errand = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
    hash: location.hash,
  }
  sessionStorage.setItem(ERRAND, JSON.stringify(errand))
  const address = new URL(to.authorizationEndpoint)
  for (const [name, value] of Object.entries({
    client_id: to.clientId,
    redirect_uri: redirectUri(),
    response_type: 'code',
    scope: to.scope,
    state: errand.state,
    nonce: errand.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(errand.verifier),
    code_challenge_method: 'S256',
  }))
    address.searchParams.set(name, value)
  location.assign(address)
  return new Promise(() => {})
}

/** The ID token: it names the person, and its audience is the console for every provider. */
const redeem = async (from: Provider, answer: URL, errand: Errand): Promise<string> => {
  const oauth = await import('oauth4webapi')
  const server: AuthorizationServer = { issuer: from.issuer, token_endpoint: from.tokenEndpoint }
  const client: Client = { client_id: from.clientId }
  const parameters = oauth.validateAuthResponse(server, client, answer, errand.state)
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    redirectUri(),
    errand.verifier,
    // A deployment takes https only; a provider on this machine is one of a rehearsal.
    { [oauth.allowInsecureRequests]: new URL(from.tokenEndpoint).hostname === '127.0.0.1' },
  )
  const result = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: errand.nonce,
    requireIdToken: true,
  })
  return result.id_token ?? ''
}
