import { redactPath } from './form.ts'
import type { Values } from './values.ts'

/** A request target (RFC 9112 section 3.2) with other values in its path and query. */
export const redactTarget = (values: Values, target: string): string => {
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const changed = redactPath(path, (segment) => values.scanned('path', segment))
  return mark < 0 ? changed : `${changed}?${values.form('query').read(target.slice(mark + 1), true)}`
}
