/** For sources of which AWS does not say what their network carries: more than ordinary sizes have. */
const UNKNOWN_BPS = 50e9

/**
 * Bytes per second that can leave a source at most. Mirrored copies count against the instance’s bandwidth, so that
 * nothing can be mirrored faster.
 */
export const peakBytesPerSecond = (capacity: { peakBps: number } | undefined): number =>
  (capacity?.peakBps || UNKNOWN_BPS) / 8
