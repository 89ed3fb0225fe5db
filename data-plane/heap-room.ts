import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'

/** What a heap may gain before all of it is collected: bodies of some 8,000 requests of 4 KB. */
const ROOM_BYTES = 32 * 1024 * 1024
/** A large heap gains a fifth. */
const PERCENT_MIN = 20

/** For a heap that held so many bytes after it was last collected. */
export const growingPercent = (bytes: number): number =>
  Math.max(PERCENT_MIN, Math.ceil((100 * ROOM_BYTES) / bytes))

/**
 * Gives the heap of this thread room to grow, after each full collection by what is left then; the option is the
 * process's, so that of several threads with much the same to do the last one decides for all. On its own V8 lets a small
 * heap gain 8 MB, buffers included: under traffic with bodies it then collects everything several times a second, for good
 * once it has begun, at the cost of a third of the gateway's work. A share that is enough for a small heap is too much for
 * a large one.
 */
export const giveHeapRoom = (): void => {
  const give = () =>
    setFlagsFromString(`--heap-growing-percent=${growingPercent(getHeapStatistics().used_heap_size)}`)
  give()
  new PerformanceObserver((list) => {
    if (list.getEntries().some(isOfAll)) give()
  }).observe({ entryTypes: ['gc'] })
}

/** The types of Node know no `detail`, which collections have. */
const isOfAll = (collection: PerformanceEntry & { detail?: unknown }): boolean =>
  (collection.detail as { kind?: number } | undefined)?.kind === constants.NODE_PERFORMANCE_GC_MAJOR
