import { localToUtc } from './local-time.ts'

/** A schedule expression, understood. Times and periods are milliseconds. */
export type Expression = { kind: 'at'; time: number } | { kind: 'rate'; period: number }

/** Wrong or not implemented; the message is for the caller. */
export class ExpressionError extends Error {}

const HOUR = 3_600_000
const DAY = 86_400_000

/** `minuteSeconds` is the length of a minute in rate(); hours and days keep theirs. */
export function parseExpression(text: string, timezone: string, minuteSeconds: number): Expression {
  const at = /^at\((\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\)$/.exec(text)
  if (at) {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = at.slice(1).map(Number)
    const time = localToUtc({ year, month, day, hour, minute, second }, timezone)
    if (time === undefined) throw new ExpressionError(`Invalid Schedule Expression ${text}.`)
    return { kind: 'at', time }
  }
  const rate = /^rate\((\d{1,9}) (minutes?|hours?|days?)\)$/.exec(text)
  if (rate) {
    const [, digits = '', unit = ''] = rate
    const count = Number(digits)
    if (count < 1 || (count === 1) === unit.endsWith('s')) {
      throw new ExpressionError(`Invalid Schedule Expression ${text}.`)
    }
    const length = unit.startsWith('minute') ? minuteSeconds * 1000 : unit.startsWith('hour') ? HOUR : DAY
    return { kind: 'rate', period: count * length }
  }
  if (text.startsWith('cron(')) {
    throw new ExpressionError(
      'cron() schedules are not implemented by the local AWS endpoints; at() and rate() are.',
    )
  }
  throw new ExpressionError(`Invalid Schedule Expression ${text}.`)
}
