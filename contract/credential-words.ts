import type { ShadowTarget } from './forwarding.ts'

/** For people: what a shadow is shown, one sentence each. */
export const credentialWords = ({ name: shadow, credentials = [] }: ShadowTarget): string[] =>
  credentials.map((one) =>
    one.by === 'secret'
      ? `${shadow ?? 'The shadow'} gets its own secret ${one.secret} as the ${one.in} ${one.name}.`
      : `${shadow ?? 'The shadow'} gets the token in the ${one.in} ${one.name} signed with its key ${one.key} (${one.algorithm}).`,
  )
