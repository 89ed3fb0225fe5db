/** error: a unit of work failed; warn: recovered; info: start, stop, change of state. */
export type LogLevel = 'error' | 'warn' | 'info'

export type LogFields = Record<string, string | number | boolean | null | readonly string[]>

/** Says that something happened. Never given anything out of a mirrored request. */
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void

/** One JSON object per line. */
export const jsonLog =
  (write: (line: string) => void, clock: () => Date): Log =>
  (level, event, fields = {}) =>
    write(`${JSON.stringify({ at: clock().toISOString(), level, event, ...fields })}\n`)

/** Name, message and code of an error and of what caused it, without its stack. */
export const errorText = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : ''
  const cause = error.cause === undefined ? '' : `: ${errorText(error.cause)}`
  const inner = error instanceof AggregateError ? `: ${error.errors.map(errorText).join('; ')}` : ''
  return `${error.message || error.name}${code}${inner}${cause}`
}
