import type { Credential } from '../../../contract/forwarding.ts'

/** One of the shadow’s own credentials as typed; `secret` names it, or the key that tokens are signed with. */
export type CredentialValues = Readonly<{
  by: Credential['by']
  in: Credential['in']
  name: string
  secret: string
  algorithm: Extract<Credential, { by: 'jwt' }>['algorithm']
  /** Empty signs whatever production got. */
  productionKey: string
}>

export const emptyCredential: CredentialValues = {
  by: 'secret',
  in: 'header',
  name: 'Authorization',
  secret: '',
  algorithm: 'RS256',
  productionKey: '',
}

export const toCredential = (typed: CredentialValues): Credential => {
  const where = { in: typed.in, name: typed.name.trim() }
  if (typed.by === 'secret') return { by: 'secret', ...where, secret: typed.secret.trim() }
  const productionKey = typed.productionKey.trim()
  return {
    ...{ by: 'jwt', ...where, key: typed.secret.trim(), algorithm: typed.algorithm },
    ...(productionKey !== '' && { productionKey }),
  }
}
