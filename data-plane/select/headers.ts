import type { RawHeaders } from '../http/exchange.ts'

/** Whether a header’s name as sent is this one (lower case). */
export const isNamed = (name: string, lowerCase: string): boolean =>
  name.length === lowerCase.length && (name === lowerCase || name.toLowerCase() === lowerCase)

/** Value of the first header with this name (lower case), or null. */
export const headerValue = (headers: RawHeaders, name: string): string | null => {
  for (let i = 0; i < headers.length; i += 2)
    if (isNamed(headers[i] as string, name)) return headers[i + 1] as string
  return null
}

/** Values of all headers with this name (lower case), in their order. */
export const headerValues = (headers: RawHeaders, name: string): string[] => {
  const values: string[] = []
  for (let i = 0; i < headers.length; i += 2)
    if (isNamed(headers[i] as string, name)) values.push(headers[i + 1] as string)
  return values
}
