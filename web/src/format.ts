import type { Plan } from '../../contract/plan.ts'

/** Every number the console shows is written here: dollars, bytes (decimal, as AWS bills them), times. */

const fixed = (digits: number) =>
  new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
const cents = fixed(2)
const hundredths = fixed(4)
const chosen = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 4 })
const exact = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 12 })
const whole = fixed(0)
const short = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 })
const rough = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 })
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 })

/** An amount: $12.40, below a dollar to a hundredth of a cent ($0.0312). */
export const dollars = (usd: number): string => {
  if (usd === 0) return '$0.00'
  if (usd < 0.00005) return '<$0.0001'
  return `$${(usd < 0.99995 ? hundredths : cents).format(usd)}`
}

/** An amount that somebody chose, as chosen: $5.00, $0.25, $0.125. */
export const budget = (usd: number): string => `$${chosen.format(usd)}`

/** On an axis: no more digits than its steps need. */
export const dollarTick = (usd: number): string => `$${chosen.format(usd)}`

/** A unit price, never rounded: AWS prices go down to $0.0000002. */
export const unitPrice = (usd: number): string => `$${exact.format(usd)}`

export const dollarRange = (low: number, high: number): string =>
  dollars(low) === dollars(high) ? dollars(low) : `${dollars(low)} – ${dollars(high)}`

/** A quantity as a ledger shows it: enough digits to multiply by. */
export const quantity = (n: number): string =>
  Number.isInteger(n)
    ? whole.format(n)
    : new Intl.NumberFormat('en-US', { maximumSignificantDigits: 6 }).format(n)

export const count = (n: number): string => whole.format(n)
export const shortCount = (n: number): string => (n < 10_000 ? short.format(n) : compact.format(n))

export const bytes = (n: number): string => {
  if (n < 1e3) return `${whole.format(n)} B`
  if (n < 1e6) return `${short.format(n / 1e3)} kB`
  if (n < 1e9) return `${short.format(n / 1e6)} MB`
  return n < 1e12 ? `${cents.format(n / 1e9)} GB` : `${cents.format(n / 1e12)} TB`
}

export const perSecond = (n: number): string => `${shortCount(n)}/s`

/** What a plan measured: 1.2 MB/s, 40/s. */
export const rate = (n: number, unit: Plan['inputs'][number]['unit']): string => {
  if (unit === 'percent') return percent(n / 100)
  return unit === 'bytes per second' ? `${bytes(n)}/s` : perSecond(n)
}

export const percent = (share: number): string => {
  if (share > 0 && share < 0.001) return '<0.1 %'
  return `${new Intl.NumberFormat('en-US', { maximumFractionDigits: share < 0.1 ? 1 : 0 }).format(share * 100)} %`
}

/** On a logarithmic axis, whose steps get smaller and smaller: 0.023, 0.17, 3.1, 240. */
export const millisecondTick = (ms: number): string => (ms < 10 ? rough : whole).format(ms)

/** Two units at most: 45 s, 9 min 12 s, 1 h 05 min, 2 d 3 h. */
export const duration = (seconds: number): string => {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${s} s`
  if (s < 3600) return s % 60 === 0 ? `${s / 60} min` : `${Math.floor(s / 60)} min ${two(s % 60)} s`
  const minutes = Math.floor(s / 60)
  if (s < 86_400)
    return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`
  const hours = Math.floor(s / 3600)
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

const two = (n: number): string => String(n).padStart(2, '0')

const moment = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
})
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const dayClock = new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit' })

/** In the viewer’s time zone, with the zone. */
export const dateTime = (at: string): string => moment.format(new Date(at))
export const time = (at: Date): string => clock.format(at)
export const dayTime = (at: Date): string => dayClock.format(at)
