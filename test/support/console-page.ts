import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Experiment } from '../../contract/experiment.ts'
import type { LocalSystem } from './local-system.ts'

export const MINUTE = 60_000
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** A local system and somebody who looks at it: one page, from test to test. */
export type Visit = { system: LocalSystem; browser: Browser; page: Page }

/** What the page complained about: neither errors nor breaches of its own content security policy are accepted. */
export const complaints: string[] = []

const REPORT_BREACHES = `addEventListener('securitypolicyviolation', (event) =>
  console.error('content security policy:', event.violatedDirective, event.blockedURI, event.sourceFile))`

/** The console as somebody opens it, with axe in the page. */
export const open = async (browser: Browser, address: string): Promise<Page> => {
  const context = await browser.newContext({
    viewport: { width: 1400, height: 900 },
    colorScheme: 'light',
    reducedMotion: 'reduce',
  })
  // before the page’s own scripts: its policy admits no script that is not its own
  await context.addInitScript({ content: `${axe};${REPORT_BREACHES}` })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(address)
  return page
}

/** The number under a label in the strip of figures. */
export const figure = async (page: Page, label: string): Promise<string> => {
  const term = page.locator('dl.figures > div').filter({ has: page.locator('dt', { hasText: label }) })
  return (await term.first().locator('.figure-value').textContent()) ?? ''
}

export const number = (text: string): number => Number(text.replaceAll(',', ''))

export const until = (condition: () => Promise<boolean>): Promise<void> =>
  expect.poll(condition, { timeout: MINUTE, interval: 500 }).toBe(true) as unknown as Promise<void>

export const focused = async (page: Page): Promise<string> =>
  (await page.locator(':focus').textContent()) ?? ''

/** Of these rules, or of all. */
export const violations = async (page: Page, rules?: readonly string[]): Promise<string[]> => {
  const options = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) }
  const { violations: all } = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(options)})`)
  return all
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')})`,
    )
}

export const experiments = async ({ api }: LocalSystem): Promise<Experiment[]> => {
  const answer = await fetch(`${api}/experiments`)
  return ((await answer.json()) as { experiments: Experiment[] }).experiments
}

/** What opens and closes one of the sections that have a value already. */
export const section = (page: Page, name: string) =>
  page.getByRole('heading', { name, level: 3 }).getByRole('button')

/** Says of everything that the shadow may use that it uses none. */
export const declare = async (page: Page): Promise<void> => {
  for (const name of ['Database', 'Cache', 'Queue', 'Mail', 'Payment', 'Webhooks']) {
    await page.getByRole('button', { name: new RegExp(`^${name}`) }).click()
    await page.getByRole('option', { name: 'None' }).click()
  }
}
