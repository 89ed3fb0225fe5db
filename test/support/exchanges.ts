import type { Exchange, Request } from '../../data-plane/http/exchange.ts'
import { Pipeline, type PipelineOptions } from '../../data-plane/pipeline.ts'

/** What came out of a pipeline that was fed these frames, `step` milliseconds apart. */
export function run(
  frames: Iterable<{ frame: Buffer }>,
  options: PipelineOptions & { step?: number } = {},
): { requests: Request[]; exchanges: Exchange[]; pipeline: Pipeline } {
  const requests: Request[] = []
  const exchanges: Exchange[] = []
  const handler = {
    onRequest: (request: Request) => void requests.push(request),
    onExchange: (exchange: Exchange) => void exchanges.push(exchange),
  }
  const pipeline = new Pipeline(handler, options)
  let at = 1_000_000
  for (const { frame } of frames) {
    // A copy that is overwritten afterwards, as a receive ring would: what is kept must have been copied.
    const slot = Buffer.from(frame)
    pipeline.frame(slot, 0, slot.length, 7, at)
    slot.fill(0xee)
    at += options.step ?? 0.1
  }
  pipeline.close(at)
  return { requests, exchanges, pipeline }
}

/** `METHOD target` or a dash, an arrow, the status or a dash; an exclamation mark for what is not whole. */
export const summary = (exchanges: readonly Exchange[]): string[] =>
  exchanges.map(({ request, response }) => {
    const asked =
      request === null
        ? '-'
        : `${request.method} ${request.target}${request.complete ? '' : ` !${request.incomplete}`}`
    const answered =
      response === null ? '-' : `${response.status}${response.complete ? '' : ` !${response.incomplete}`}`
    return `${asked} > ${answered}`
  })
