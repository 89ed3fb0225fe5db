import { defaultSwitches, type Switches } from '../aws/switches.ts'
import type { Checked } from './checklist.ts'
import type { Finding, Findings } from './probe.ts'

export type Report = {
  account: string
  deployment: string
  checks: Checked[]
  /** Every switch of the local endpoints, by name. */
  switches: Record<keyof Switches, Finding>
  /** What the run made and could not remove. */
  left: string[]
}

const NAMES = Object.keys(defaultSwitches) as (keyof Switches)[]

/** No switch is passed over. */
export const complete = (findings: Findings): Report['switches'] =>
  Object.fromEntries(
    NAMES.map((name) => [name, findings[name] ?? { unseen: 'not looked at' }]),
  ) as Report['switches']

/** Everything that was looked at is as it should be, and nothing is left. */
export const isRight = ({ checks, left }: Report): boolean =>
  left.length === 0 && checks.every(({ right }) => right)

export const checkLines = (checks: readonly Checked[]): string[] =>
  checks.map(({ what, right, saw }) => `${right ? 'right    ' : 'NOT RIGHT'}  ${what}: ${saw}`)

/** A line for each switch: its name, what AWS does, and what the local endpoints do by default. */
export const switchLines = (switches: Report['switches']): string[] =>
  NAMES.map((name) => {
    const finding = switches[name]
    const here = String(defaultSwitches[name])
    const width = [name.padEnd(28), shownValue(finding).padEnd(24)].join(' ')
    if ('unseen' in finding) return `${width} not seen: ${finding.unseen}`
    const note = 'note' in finding && finding.note !== undefined ? ` (${finding.note})` : ''
    if ('bound' in finding) return `${width} the local endpoints have ${here}`
    const same = finding.value === defaultSwitches[name]
    return `${width} ${same ? 'as the local endpoints have it' : `the local endpoints have ${here}`}${note}`
  })

const shownValue = (finding: Finding): string => {
  if ('unseen' in finding) return '-'
  return 'bound' in finding ? finding.bound : String(finding.value)
}
