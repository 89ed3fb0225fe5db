import type { Pattern } from '../../contract/selection.ts'
import { parsePathGlob, parseRegexp, parseTextGlob } from '../../contract/text-pattern.ts'
import { Automaton } from './automaton.ts'

export type TextTest = (text: string) => boolean

/** Whether a text matches one of the patterns; what is plain is compared and not run. */
export const anyPattern = (patterns: readonly Pattern[], of: 'path' | 'text'): TextTest => {
  const tests = patterns.map((pattern) => compiled(pattern, of))
  const [first] = tests
  if (first && tests.length === 1) return first
  return (text) => tests.some((test) => test(text))
}

const compiled = (pattern: Pattern, of: 'path' | 'text'): TextTest => {
  if (typeof pattern !== 'string') return automatic(new Automaton(parseRegexp(pattern.regexp)))
  const star = pattern.indexOf('*')
  if (star < 0) return (text) => text === pattern
  if (of === 'text') {
    if (star === pattern.length - 1) return prefix(pattern.slice(0, -1))
    return automatic(new Automaton(parseTextGlob(pattern)))
  }
  if (star === pattern.length - 2 && pattern.endsWith('/**')) {
    const folder = pattern.slice(0, -3)
    return (text) => text.startsWith(folder) && (text.length === folder.length || text[folder.length] === '/')
  }
  return automatic(new Automaton(parsePathGlob(pattern)))
}

const prefix =
  (start: string): TextTest =>
  (text) =>
    text.startsWith(start)

const automatic =
  (automaton: Automaton): TextTest =>
  (text) =>
    automaton.test(text)
