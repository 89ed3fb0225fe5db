/** How fast a record is replayed: its own times divided by a factor, or so many requests a second whatever they were. */
export type Pace = { readonly factor: number } | { readonly perSecond: number }

export const ORIGINAL: Pace = { factor: 1 }
const FACTOR_MAX = 10_000
const PER_SECOND_MAX = 100_000
/** A record of one request has no pace. */
const LONE_PASS_MS = 1_000

/** `original`, `2x`, `0.5x` or `100/s`; null when it is none of them. */
export const parsePace = (text: string): Pace | null => {
  if (text === 'original') return ORIGINAL
  const [, number = '', unit = ''] = /^(\d{1,6}(?:\.\d{1,6})?)(x|\/s)$/.exec(text) ?? []
  const value = Number(number)
  if (!(value > 0) || value > (unit === 'x' ? FACTOR_MAX : PER_SECOND_MAX)) return null
  return unit === 'x' ? { factor: value } : { perSecond: value }
}

export const paceText = (pace: Pace): string => {
  if ('perSecond' in pace) return `${pace.perSecond} requests a second`
  return pace.factor === 1 ? 'its own pace' : `${pace.factor} times its own pace`
}

/**
 * When each request is due, in milliseconds from the start of a pass, and how long a pass is: the one behind it begins after
 * the mean gap.
 *
 * @param times of the requests, ascending, in milliseconds; at least one
 */
export const schedule = (
  pace: Pace,
  times: readonly number[],
): { due: readonly number[]; passMs: number } => {
  if ('perSecond' in pace) {
    const gap = 1000 / pace.perSecond
    return { due: times.map((_, index) => index * gap), passMs: times.length * gap }
  }
  const first = times[0] as number
  const due = times.map((time) => (time - first) / pace.factor)
  const span = due.at(-1) as number
  const gap = span / (times.length - 1)
  return { due, passMs: gap > 0 ? span + gap : LONE_PASS_MS / pace.factor }
}
