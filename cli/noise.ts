import type { NoiseChange, NoiseList, NoisePlace } from '../contract/noise.ts'
import { EXIT, Failure } from './exit.ts'
import type { Values } from './options.ts'

const DECISIONS = [
  ['confirm', 'confirmed'],
  ['reject', 'rejected'],
  ['learn', 'learned'],
] as const

/** A place as it is listed, and as an option names it. */
export const placeText = ({ endpoint, kind, path }: Pick<NoisePlace, 'endpoint' | 'kind' | 'path'>): string =>
  `${endpoint} ${kind} ${path}`

/** What the options decide, all of it understood before any of it is said. @throws Failure */
export const changesOf = ({ places }: NoiseList, values: Values): NoiseChange[] =>
  DECISIONS.flatMap(([option, decision]) =>
    ((values[option] ?? []) as string[]).map((named) => {
      const { endpoint, kind, path } = placeOf(places, option, named)
      return { endpoint, kind, path, decision }
    }),
  )

/** The whole of it, or a path that only one place has. */
const placeOf = (places: readonly NoisePlace[], option: string, named: string): NoisePlace => {
  const exact = places.filter((place) => placeText(place) === named)
  const found = exact.length > 0 ? exact : places.filter(({ path }) => path === named)
  const [only] = found
  if (only && found.length === 1) return only
  throw new Failure(
    found.length > 1
      ? `--${option}: ${found.length} places are called '${named}': ${found.map(placeText).join('; ')}`
      : `--${option}: there is no place '${named}'; without options the command lists them`,
    EXIT.usage,
  )
}
