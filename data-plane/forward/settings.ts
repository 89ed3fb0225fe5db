import { createPrivateKey } from 'node:crypto'
import {
  type Authentication,
  type Credential,
  controlTarget,
  type ShadowSpec,
  type ShadowTarget,
  type SigningAlgorithm,
  secretVariable,
  shadowTargets,
} from '../../contract/forwarding.ts'

import { ProductionKeys } from './production-keys.ts'

/** What the gateway shows a shadow. `missing`: a secret that is not there; nothing is sent without it. */
export type Credentials =
  | { by: 'header'; value: string }
  | { by: 'sigv4'; service: string; region: string }
  | { by: 'missing'; variable: string }

type Missing = Extract<Credentials, { by: 'missing' }>
/** Where a credential stands in a request. */
export type Place = Pick<Credential, 'in' | 'name'>

/** A place as one word. */
export const placeName = ({ in: place, name }: Place): string =>
  `${place} ${place === 'header' ? name.toLowerCase() : name}`

/** A credential that stands in production’s place: with its secret, or the key that it is signed with. */
export type Minted =
  | (Place & { by: 'secret'; value: string; always: boolean })
  | (Place & {
      by: 'jwt'
      key: string
      algorithm: SigningAlgorithm
      keyId: string | null
      production: string | null
    })
  | Missing

/** One shadow as a worker gets it: plain data, secrets looked up. */
export type ShadowSettings = {
  target: ShadowTarget & { name: string }
  credentials: Credentials | null
  minted: readonly Minted[]
}

export type Shadows = {
  distribution: 'copy' | 'split'
  list: readonly ShadowSettings[]
  /** Today’s release, sent the same requests to compare with. */
  control?: ShadowSettings | undefined
}

export type Environment = Readonly<Record<string, string | undefined>>

/** The shadows of a spec, with the secrets that their names stand for in this environment. */
export const resolveShadows = (spec: ShadowSpec, environment: Environment): Shadows => ({
  distribution: spec.distribution ?? 'copy',
  list: shadowTargets(spec).map((target) => settingsOf(target, environment)),
  ...(spec.control && { control: settingsOf(controlTarget(spec.control), environment) }),
})

const settingsOf = (target: ShadowSettings['target'], environment: Environment): ShadowSettings => ({
  target,
  credentials: target.authentication ? credentials(target.authentication, environment) : null,
  minted: (target.credentials ?? []).map((credential) => minted(credential, environment)),
})

/** Variables that these shadows need and the environment lacks. */
export const missingSecrets = ({ list, control }: Shadows): string[] =>
  [...list, ...(control ? [control] : [])].flatMap(({ credentials, minted }) =>
    [credentials, ...minted].flatMap((one) => (one?.by === 'missing' ? [one.variable] : [])),
  )

const minted = (credential: Credential, environment: Environment): Minted => {
  const { in: place, name } = credential
  const variable = secretVariable(credential.by === 'secret' ? credential.secret : credential.key)
  const secret = environment[variable]?.trim() ?? ''
  if (credential.by === 'secret') {
    const isUsable = /^[\x21-\x7e]+$/.test(secret) && (place !== 'cookie' || !/[;,"\\]/.test(secret))
    return isUsable
      ? { by: 'secret', in: place, name, value: secret, always: credential.when === 'always' }
      : { by: 'missing', variable }
  }
  const { algorithm, keyId = null } = credential
  // A variable of one line holds a PEM with its line ends written out.
  const key = algorithm === 'HS256' ? secret : secret.replaceAll('\\n', '\n')
  if (!isKeyFor(algorithm, key)) return { by: 'missing', variable }
  const jwt = { by: 'jwt', in: place, name, key, algorithm, keyId } as const
  if (credential.productionKey === undefined) return { ...jwt, production: null }
  const productionVariable = secretVariable(credential.productionKey)
  const production = environment[productionVariable] ?? ''
  return holdsKeys(production) ? { ...jwt, production } : { by: 'missing', variable: productionVariable }
}

const holdsKeys = (text: string): boolean => {
  try {
    new ProductionKeys(text)
    return true
  } catch {
    return false
  }
}

/** RFC 7518 sections 3.2 to 3.4: as long as the hash, 2048 bits of RSA, the curve P-256. */
const isKeyFor = (algorithm: SigningAlgorithm, key: string): boolean => {
  if (algorithm === 'HS256') return Buffer.byteLength(key) >= 32
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPrivateKey(key)
    return algorithm === 'RS256'
      ? type === 'rsa' && (details?.modulusLength ?? 0) >= 2048
      : type === 'ec' && details?.namedCurve === 'prime256v1'
  } catch {
    return false
  }
}

const credentials = (authentication: Authentication, environment: Environment): Credentials => {
  if (authentication.by === 'sigv4') {
    const { service, region } = authentication
    return { by: 'sigv4', service, region }
  }
  const variable = secretVariable(
    authentication.by === 'basic' ? authentication.password : authentication.token,
  )
  const secret = environment[variable]?.trim()
  // RFC 9110 section 5.5: anything else would end the header.
  if (secret === undefined || !/^[\x21-\x7e\x80-\uffff][\x20-\x7e\x80-\uffff]*$/.test(secret))
    return { by: 'missing', variable }
  if (authentication.by === 'bearer')
    return /^[\x21-\x7e]+$/.test(secret)
      ? { by: 'header', value: `Bearer ${secret}` }
      : { by: 'missing', variable }
  const pair = Buffer.from(`${authentication.user}:${secret}`, 'utf8').toString('base64')
  return { by: 'header', value: `Basic ${pair}` }
}
