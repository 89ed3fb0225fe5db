import type { Direction } from '../../data-plane/wire/conversation.ts'
import type { MirroredSession } from '../aws/mirroring-snapshot.ts'
import type { Flow } from './flow.ts'
import { accepts, type CompiledRule, compileRules } from './mirror-filter.ts'

/** A mirror session made ready for many packets. */
export type CompiledSession = Readonly<{
  session: MirroredSession
  rules: Readonly<Record<Direction, readonly CompiledRule[]>>
}>

/** The sessions of each network interface, the lowest number first; those whose interface AWS would not mirror left out. */
export const bySource = (sessions: readonly MirroredSession[]): Map<string, CompiledSession[]> => {
  const sources = new Map<string, CompiledSession[]>()
  for (const session of [...sessions].sort((a, b) => a.number - b.number)) {
    if (!session.active) continue
    const compiled = {
      session,
      rules: { ingress: compileRules(session.ingress), egress: compileRules(session.egress) },
    }
    const others = sources.get(session.networkInterfaceId)
    if (others) others.push(compiled)
    else sources.set(session.networkInterfaceId, [compiled])
  }
  return sources
}

/**
 * The session that mirrors a packet: the lowest number whose filter accepts it gets the only copy, whether or not its
 * target can take it.
 */
export const chooseSession = (
  sessions: readonly CompiledSession[],
  direction: Direction,
  flow: Flow,
): MirroredSession | null => sessions.find(({ rules }) => accepts(rules[direction], flow))?.session ?? null
