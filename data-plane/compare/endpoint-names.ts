import { endpointOf, segmentsOf } from './endpoint.ts'

type Pattern = { name: string; method: string | null; segments: readonly (string | null)[] }

/** What endpoints are called: by the patterns of the user’s own service where one matches, else by their shape. */
export class EndpointNames {
  /** By number of segments, those with the most fixed ones first: /orders/open before /orders/{id}. */
  readonly #byLength: ReadonlyMap<number, readonly Pattern[]>

  constructor(patterns: readonly string[]) {
    this.#byLength = Map.groupBy(
      patterns.map(compile).sort((a, b) => variables(a) - variables(b)),
      ({ segments }) => segments.length,
    )
  }

  nameOf(method: string, target: string): string {
    if (this.#byLength.size === 0) return endpointOf(method, target)
    const segments = segmentsOf(target)
    const found = this.#byLength
      .get(segments.length)
      ?.find(
        (pattern) =>
          (pattern.method === null || pattern.method === method) &&
          pattern.segments.every((fixed, i) => fixed === null || fixed === segments[i]),
      )
    return found ? `${method} ${found.name}` : endpointOf(method, target)
  }
}

const compile = (pattern: string): Pattern => {
  const space = pattern.indexOf(' ')
  const name = pattern.slice(space + 1)
  return {
    name,
    method: space < 0 ? null : pattern.slice(0, space),
    segments: segmentsOf(name).map((segment) => (segment.startsWith('{') ? null : segment)),
  }
}

const variables = ({ segments }: Pattern): number => segments.filter((segment) => segment === null).length
