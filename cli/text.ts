import { styleText } from 'node:util'

/** How money, numbers, times and lists are written for people. */

const dollarFormat = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 4 })
const countFormat = new Intl.NumberFormat('en-US')

export const dollars = (usd: number): string => `$${dollarFormat.format(usd)}`
export const count = (n: number): string => countFormat.format(n)
export const second = (at: string): string => `${at.slice(0, 19)}Z`

export const size = (bytes: number): string => {
  const [unit, of] = bytes < 1e6 ? ['kB', 1e3] : bytes < 1e9 ? ['MB', 1e6] : ['GB', 1e9]
  return `${(bytes / Number(of)).toFixed(1)} ${unit}`
}

export type Style = Parameters<typeof styleText>[0]

/** Colours on a terminal only, and not where NO_COLOR asks for none (no-color.org). */
export const paint = (style: Style, text: string): string =>
  process.stdout.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text

export const rows = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.map(([name, value]) => `${paint('dim', name.padEnd(11))} ${value}`).join('\n')

export const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [paint('dim', title), ...lines.map((line) => `  ${line}`)]
