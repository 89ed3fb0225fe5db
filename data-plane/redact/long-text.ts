import { GrowingBytes } from './growing-bytes.ts'

/** A string that is put together from pieces takes a few dozen bytes for each: a longer one is moved out of the heap. */
export const LONG_TEXT = 1 << 16

/** Like `text.replace`, also where millions of places are replaced. */
export const replaceEach = (
  text: string,
  pattern: RegExp,
  replace: (whole: string, ...groups: string[]) => string,
): string => {
  if (text.length <= LONG_TEXT) return text.replace(pattern, replace)
  const bytes = new GrowingBytes(text.length)
  let result = ''
  let copied = 0
  for (const match of text.matchAll(pattern)) {
    const [whole, ...groups] = match
    result += text.slice(copied, match.index) + replace(whole, ...groups)
    copied = match.index + whole.length
    if (result.length < LONG_TEXT) continue
    bytes.append(result)
    result = ''
  }
  bytes.append(result + text.slice(copied))
  return bytes.text()
}
