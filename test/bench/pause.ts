/**
 * Loaded into a gateway before it starts (`node --import`): stops its main thread for 50 ms every second, as a garbage
 * collection or a slow callback would.
 */
import { isMainThread } from 'node:worker_threads'

const PAUSE_MS = 50
const EVERY_MS = 1_000

if (isMainThread) {
  const nothing = new Int32Array(new SharedArrayBuffer(4))
  setInterval(() => Atomics.wait(nothing, 0, 0, PAUSE_MS), EVERY_MS).unref()
}
