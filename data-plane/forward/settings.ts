import {
  type Authentication,
  controlTarget,
  type ShadowSpec,
  type ShadowTarget,
  secretVariable,
  shadowTargets,
} from '../../contract/forwarding.ts'

/** What the gateway shows a shadow. `missing`: a secret that is not there; nothing is sent without it. */
export type Credentials =
  | { by: 'header'; value: string }
  | { by: 'sigv4'; service: string; region: string }
  | { by: 'missing'; variable: string }

/** One shadow as a worker gets it: plain data, secrets looked up. */
export type ShadowSettings = {
  target: ShadowTarget & { name: string }
  credentials: Credentials | null
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
})

/** Variables that these shadows need and the environment lacks. */
export const missingSecrets = ({ list, control }: Shadows): string[] =>
  [...list, ...(control ? [control] : [])].flatMap(({ credentials }) =>
    credentials?.by === 'missing' ? [credentials.variable] : [],
  )

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
