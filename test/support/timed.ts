import type { Request } from '../../data-plane/http/exchange.ts'
import { Pipeline } from '../../data-plane/pipeline.ts'

/** A frame and when it was captured, in milliseconds from the start. */
export type Timed = { readonly at: number; readonly frame: Buffer }

const START = 1_000_000
const FLUSH_MS = 50

/**
 * What comes out of a pipeline whose timers run all the time, and when: `times` by request target. Goes on for `quietMs`
 * after the last frame, then closes.
 */
export function runTimed(
  frames: readonly Timed[],
  quietMs: number,
): { requests: Request[]; times: Map<string, number>; pipeline: Pipeline } {
  const requests: Request[] = []
  const times = new Map<string, number>()
  let now = 0
  const pipeline = new Pipeline({
    onRequest: (request) => {
      requests.push(request)
      times.set(request.target, now)
    },
    onExchange: () => {},
  })
  let flushed = 0
  const flushUntil = (until: number): void => {
    for (; flushed <= until; flushed += FLUSH_MS) {
      now = flushed
      pipeline.flush(START + flushed)
    }
  }
  for (const { at, frame } of frames) {
    flushUntil(at)
    now = at
    const slot = Buffer.from(frame)
    pipeline.frame(slot, 0, slot.length, 7, START + at)
    slot.fill(0xee)
  }
  flushUntil(now + quietMs)
  pipeline.close(START + flushed)
  return { requests, times, pipeline }
}
