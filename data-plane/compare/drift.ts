import { isUnknownObject } from '../../contract/comparison.ts'
import type { Exchange, Request, Response } from '../http/exchange.ts'
import type { Answer } from './answers.ts'
import type { Difference } from './difference.ts'
import { type HashedId, type HeldObjects, hashId } from './held-objects.ts'
import { idsInTarget, lastId, objectsOf } from './objects.ts'

/** Of one exchange: what it is about is mostly among the first. */
const IDS_MAX = 64
const HOUR_MS = 3_600_000

export type DriftSettings = {
  experiment: string
  /** When the shadow’s data was copied, in milliseconds since 1970; null when nobody said. */
  snapshotAt: number | null
}

/**
 * What differs because the shadow’s data is older than production’s: an object that a held-back write has made, changed or
 * deleted, before or after it was read, or one that was written since the data was copied.
 */
export class Drift {
  readonly #settings: DriftSettings
  readonly #held: HeldObjects

  constructor(settings: DriftSettings, held: HeldObjects) {
    this.#settings = settings
    this.#held = held
  }

  /** A write that production has carried out and the shadow has not been sent. */
  heldWrite({ request, response }: Exchange): void {
    if (request === null || response === null || response.status >= 400) return
    const { headers, body, method, target, lastAt } = request
    const made = [...objectsOf({ headers, body }, lastAt).ids, ...objectsOf(response, lastAt).ids]
    const named = method === 'POST' && made.length > 0 ? [] : lastIdIn(target)
    for (const id of [...made, ...named]) this.#held.add(this.#hash(id))
  }

  /** What an exchange is about, as far as it can be looked up later. */
  subjects(request: Request, production: Response, shadow: Answer): HashedId[] {
    const ids = new Set([
      ...idsInTarget(request.target),
      ...objectsOf(production, request.lastAt).ids,
      ...objectsOf(shadow, request.lastAt).ids,
    ])
    return [...ids].slice(0, IDS_MAX).map((id) => this.#hash(id))
  }

  isHeld(subjects: readonly HashedId[]): boolean {
    return subjects.some((id) => this.#held.has(id))
  }

  /** Whether production’s answer tells of something written since the shadow’s data was copied. */
  isNewer(request: Request, production: Response): boolean {
    const { snapshotAt } = this.#settings
    return snapshotAt !== null && objectsOf(production, request.lastAt).writtenAt > snapshotAt
  }

  /** Hours since the shadow’s data was copied; null when nobody said when. */
  ageAt(at: number): number | null {
    const { snapshotAt } = this.#settings
    return snapshotAt === null ? null : Math.max(0, at - snapshotAt) / HOUR_MS
  }

  #hash(id: string): HashedId {
    return hashId(this.#settings.experiment, id)
  }
}

const lastIdIn = (target: string): string[] => {
  const own = lastId(target)
  return own.length > 0 ? own : idsInTarget(target).slice(-1)
}

/** What older data can explain: other content, and objects that are not there or still there. */
export const isOfData = ({ kind, path }: Difference): boolean =>
  kind === 'status' ? isUnknownObject(path) : OF_DATA.has(kind)

const OF_DATA: ReadonlySet<Difference['kind']> = new Set([
  ...(['header_value', 'type', 'value', 'missing', 'extra', 'order', 'text', 'binary'] as const),
])
