import type { Tag } from '@aws-sdk/client-ec2'
import type { Switches } from '../aws/switches.ts'
import type { Account } from './account.ts'
import type { Leftovers } from './leftovers.ts'
import type { VerifyOptions } from './options.ts'

/** A value that AWS showed; what it can be at most or at least; or why nothing was seen. */
export type Finding<Value = Switches[keyof Switches]> =
  | { value: Value; note?: string }
  | { bound: string }
  | { unseen: string }

export type Findings = { [K in keyof Switches]?: Finding<Switches[K]> }

/** What a probe works with. */
export type Bench = {
  account: Account
  options: VerifyOptions
  leftovers: Leftovers
  /** Part of the name of everything that is created. */
  run: string
  tags: Tag[]
  /** Throws when the run is to end. */
  pause: (milliseconds: number) => Promise<void>
}

export type Probe = {
  switches: readonly (keyof Switches)[]
  /** Why it cannot run with these options; null when it can. */
  missing?: (options: VerifyOptions) => string | null
  /** What it would create or disturb, and what that costs; null for one that only reads. */
  changes: null | ((bench: Bench) => Promise<readonly string[]>)
  run: (bench: Bench) => Promise<Findings>
}

/** Each switch of a probe with one and the same reason. */
export const unseen = (switches: readonly (keyof Switches)[], why: string): Findings =>
  Object.fromEntries(switches.map((name) => [name, { unseen: why }]))

/** Asks until it is answered with something, for as long as options say. Undefined when that was not enough. */
export const until = async <Answer>(
  { options, pause }: Bench,
  look: () => Promise<Answer | undefined>,
  everyMs = 200,
): Promise<Answer | undefined> => {
  const end = performance.now() + options.waitSeconds * 1000
  for (;;) {
    const answer = await look()
    if (answer !== undefined) return answer
    if (performance.now() > end) return undefined
    await pause(everyMs)
  }
}

/**
 * Whole seconds from `begin`, which is before the call that set it off, until `look` gives something.
 * @param begin by performance.now()
 */
export const secondsUntil = async (
  bench: Bench,
  begin: number,
  look: () => Promise<unknown>,
): Promise<Finding<number>> => {
  const seen = await until(bench, look, 100)
  if (seen === undefined) return { bound: `more than ${bench.options.waitSeconds}` }
  return { value: Math.floor((performance.now() - begin) / 1000) }
}
