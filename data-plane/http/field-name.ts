import { NAME_LENGTH_MAX, ownText } from './own-text.ts'

/** So many names are known at a time: a hostile sender must not fill the memory with them. */
const NAMES_MAX = 5_000

let names = new Map<string, string>()

/** The same name, kept once: tables of names keep no heads in memory, and need not hash it again. */
export const fieldName = (name: string): string => {
  const known = names.get(name)
  if (known !== undefined || name.length > NAME_LENGTH_MAX) return known ?? name
  if (names.size >= NAMES_MAX) names = new Map()
  const own = ownText(name)
  names.set(own, own)
  return own
}
