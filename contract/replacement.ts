import * as z from 'zod'

/**
 * Whether a regular expression repeats something that itself repeats or chooses, like `(a+)+`: on the wrong text such a
 * one takes for ever, and the gateway's requests with it. Back-references and look-around count as such too.
 */
export const mayRunAway = (pattern: string): boolean => {
  const groups = [false]
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]
    if (char === '\\') {
      if (/[1-9k]/.test(pattern[i + 1] ?? '')) return true
      i++
    } else if (char === '[') i = endOfClass(pattern, i)
    else if (char === '(') {
      if (/^\(\?<?[=!]/.test(pattern.slice(i, i + 4))) return true
      groups.push(false)
    } else if (char === '|' || isRepetition(pattern, i)) groups[groups.length - 1] = true
    else if (char === ')') {
      const inner = groups.pop() ?? false
      if (inner && isRepetition(pattern, i + 1)) return true
      if (inner && groups.length > 0) groups[groups.length - 1] = true
    }
  }
  return false
}

const endOfClass = (pattern: string, start: number): number => {
  for (let i = start + 1; i < pattern.length; i++) {
    if (pattern[i] === '\\') i++
    else if (pattern[i] === ']') return i
  }
  return pattern.length
}

const isRepetition = (pattern: string, at: number): boolean =>
  /^(?:[*+]|\{\d+,?\d*\})/.test(pattern.slice(at, at + 12))

const compiles = (pattern: string): boolean => {
  try {
    new RegExp(pattern)
    return true
  } catch {
    return false
  }
}

/** A search and what stands in its place, in JavaScript's syntax, byte by byte (latin-1) and with case. */
export const Replacement = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .max(300)
    .refine(compiles, 'this is no regular expression')
    .refine((pattern) => !mayRunAway(pattern), 'repetitions inside repetitions could run for ever')
    .describe('a regular expression; every place that matches is replaced'),
  replacement: z.string().max(1_000).describe('$1, $2 … stand for the groups, $$ for a dollar sign'),
})
export type Replacement = z.output<typeof Replacement>
