import type { Sign } from './sign.ts'

/**
 * Signs with the credentials of the SDK's own chain: on ECS those of the task's role. Signer and chain are loaded only
 * when there is something to sign; the chain renews what expires.
 */
export const signerFromEnvironment = (credentials: { service: string; region: string }): Sign => {
  let signer: Promise<Sign> | null = null
  return async (request) => {
    signer ??= load(credentials)
    return (await signer)(request)
  }
}

const load = async (credentials: { service: string; region: string }): Promise<Sign> => {
  const [{ createSigner }, { defaultProvider }] = await Promise.all([
    import('./signer.ts'),
    import('@aws-sdk/credential-provider-node'),
  ])
  return createSigner(credentials, defaultProvider(), () => new Date())
}
