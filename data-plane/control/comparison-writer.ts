import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import { addEndpoints, type Comparison, type EndpointTally } from '../../contract/comparison.ts'
import { comparisonKey } from '../../contract/table.ts'
import { OTHER_ENDPOINTS } from '../compare/tally.ts'
import type { ControlTable } from './table.ts'

/** An item of the table holds 400 KB. */
const ITEM_BYTES_MAX = 380_000

/** Writes what this task has compared, one item for each experiment that has grown since. */
export class ComparisonWriter {
  readonly #table: ControlTable
  readonly #task: string
  /** What was last written, in a few numbers. */
  readonly #written = new Map<string, string>()

  constructor(table: ControlTable, task: string) {
    this.#table = table
    this.#task = task
  }

  /** Throws the SDK's error. */
  async write(comparisons: Readonly<Record<string, Comparison>>): Promise<void> {
    const { client, name } = this.#table
    for (const [experiment, comparison] of Object.entries(comparisons)) {
      const { warmUp, expected, waiting, compared, endpoints } = comparison
      const drifted = endpoints.reduce((sum, endpoint) => sum + endpoint.drifted, 0)
      const state = `${warmUp} ${expected} ${waiting} ${compared} ${drifted}`
      if (expected + warmUp === 0 || this.#written.get(experiment) === state) continue
      const Item = { ...comparisonKey(experiment, this.#task), data: await packed(comparison) }
      await client.send(new PutCommand({ TableName: name, Item }))
      this.#written.set(experiment, state)
    }
  }
}

const compress = promisify(gzip)

/** Small enough for one item: without what samples say, and then the endpoints with the fewest requests become one. */
export const packed = async (given: Comparison, bytesMax = ITEM_BYTES_MAX): Promise<Buffer> => {
  let comparison = given
  for (let isWhole = true; ; isWhole = false) {
    const data = await compress(JSON.stringify(comparison))
    if (data.length <= bytesMax || (!isWhole && comparison.endpoints.length <= 1)) return data
    comparison = isWhole ? withoutContent(comparison) : folded(comparison)
  }
}

const withoutContent = (comparison: Comparison): Comparison => ({
  ...comparison,
  samples: comparison.samples.map((sample) => ({
    ...sample,
    request: null,
    production: { ...sample.production, body: null },
    shadow: { ...sample.shadow, body: null },
  })),
})

const folded = (comparison: Comparison): Comparison => {
  // What was folded before is folded again, however much it is.
  const weight = ({ endpoint, compared }: EndpointTally): number =>
    endpoint === OTHER_ENDPOINTS ? -1 : compared
  const endpoints = comparison.endpoints.toSorted((a, b) => weight(b) - weight(a))
  const half = Math.ceil(endpoints.length / 2)
  const rest = endpoints
    .slice(half)
    .map((endpoint): EndpointTally => ({ ...endpoint, endpoint: OTHER_ENDPOINTS, differences: [] }))
    .reduce(addEndpoints)
  const kept = endpoints.slice(0, half)
  const names = new Set(kept.map(({ endpoint }) => endpoint))
  return {
    ...comparison,
    endpoints: [...kept, rest],
    samples: comparison.samples.filter(({ endpoint }) => names.has(endpoint)).slice(0, 300),
  }
}
