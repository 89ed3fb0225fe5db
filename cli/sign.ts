import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { localTokenFile } from '../contract/local-token.ts'
import { EXIT, Failure } from './exit.ts'

export type Outgoing = { method: string; url: URL; headers: Record<string, string>; body: string | undefined }

/** Answers with the request’s headers, and whatever makes it acceptable to the API. */
export type Sign = (request: Outgoing) => Promise<Record<string, string>>

type Environment = Readonly<Record<string, string | undefined>>

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
/** https://docs.aws.amazon.com/general/latest/gr/apigateway.html */
const EXECUTE_API = /^[a-z0-9-]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/

/**
 * A system on this machine asks for no signature, but for its token where something is changed; anything else is signed with SigV4 for API Gateway, with the
 * credentials that every AWS tool would find. @throws Failure for an address that nobody could sign for
 */
export const signerFor = (api: URL, environment: Environment): Sign => {
  if (LOOPBACK.test(api.hostname)) return withToken(api, environment)
  if (api.protocol !== 'https:')
    throw new Failure(`${api.href} is not on this machine: use https, requests are signed`, EXIT.usage)
  const region =
    EXECUTE_API.exec(api.hostname)?.[1] ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION
  if (region === undefined)
    throw new Failure(`Set AWS_REGION: ${api.hostname} does not say in which Region it is`, EXIT.usage)
  return signature(region)
}

/** SHADOWMETER_TOKEN, or what the system has left for its user; without one only reading works. */
const withToken = (api: URL, environment: Environment): Sign => {
  let token: string | null | undefined
  return async ({ method, headers }) => {
    if (method === 'GET') return headers
    token ??=
      environment.SHADOWMETER_TOKEN ?? tokenOnFile(environment.HOME ?? homedir(), Number(api.port) || 80)
    return token === null ? headers : { ...headers, authorization: `Bearer ${token}` }
  }
}

const tokenOnFile = (home: string, port: number): string | null => {
  try {
    return readFileSync(localTokenFile(home, port), 'utf8').trim()
  } catch {
    return null
  }
}

const signature = (region: string): Sign => {
  let signer: ReturnType<typeof loadSigner> | undefined
  return async ({ method, url, headers, body }) => {
    signer ??= loadSigner(region)
    const signed = await (await signer)
      .sign({
        method,
        protocol: url.protocol,
        hostname: url.hostname,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: { ...headers, host: url.host },
        ...(body !== undefined && { body }),
      })
      .catch((cause: Error) => {
        throw new Failure(`No AWS credentials to sign with: ${cause.message}`, EXIT.failed, { cause })
      })
    const { host, ...rest } = signed.headers
    return rest
  }
}

/** Not before there is something to sign: it takes longer to load than all the rest. */
const loadSigner = async (region: string) => {
  const [{ defaultProvider }, { Hash }, { SignatureV4 }] = await Promise.all([
    import('@aws-sdk/credential-provider-node'),
    import('@smithy/core/serde'),
    import('@smithy/signature-v4'),
  ])
  return new SignatureV4({
    service: 'execute-api',
    region,
    credentials: defaultProvider(),
    sha256: Hash.bind(null, 'sha256'),
  })
}
