import { expect, test } from 'vitest'
import { figure, focused, MINUTE, number, until, type Visit } from '../../support/console-page.ts'

/** What is seen of an experiment while it runs. */
export const liveExperiment = (visit: Visit): void => {
  test('shows the running demo, its traffic and its money, live', async () => {
    const { page } = visit
    await page.getByRole('heading', { name: 'Experiments', level: 1 }).waitFor()
    await page.getByText('Mirroring', { exact: true }).waitFor({ timeout: 2 * MINUTE })
    expect(await page.title()).toBe('Experiments · Shadowmeter')
    await page.getByRole('row').nth(1).getByRole('link').click()
    await page.getByRole('heading', { level: 1 }).waitFor()
    await until(async () => /^\$\d/.test(await figure(page, '$ per GB')))
    const before = { spend: await figure(page, 'Spend'), perGb: await figure(page, '$ per GB') }
    const forwarded = number(await figure(page, 'Requests forwarded'))

    await until(async () => (await figure(page, 'Spend')) !== before.spend)
    await until(async () => (await figure(page, '$ per GB')) !== before.perGb)
    await until(async () => number(await figure(page, 'Requests forwarded')) > forwarded)

    expect(await page.title()).toMatch(/^Mirroring: .+ · Shadowmeter$/)
    await page.getByRole('tab', { name: 'Traffic and spend' }).click()
    await page.getByText('metered').first().waitFor()
    await page.getByRole('application', { name: /^Spend by cost line/ }).waitFor()
    await page.getByRole('application', { name: /^Requests per second/ }).waitFor()
  })
}

/** What it owes and was asked for. */
export const account = (visit: Visit): void => {
  test('shows what is owed, quantity by price, what was asked for, and who changed what', async () => {
    const { page } = visit
    await page.getByRole('tab', { name: 'Ledger' }).click()
    const lines = page.getByRole('region', { name: 'Cost lines' })
    await lines.getByRole('row', { name: /Mirror sessions.*per ENI-hour/ }).waitFor()
    const sessions = page.getByRole('region', { name: 'Mirror sessions' })
    await sessions
      .getByRole('row', { name: /eni-.*tms-.*Active/ })
      .first()
      .waitFor()

    await page.getByRole('tab', { name: 'What was asked for' }).click()

    await page.getByText(/on port \d+, from any client/).waitFor()
    await page.getByText('it ends before its metered spend passes this').waitFor()

    await page.getByRole('tab', { name: 'History' }).click()

    const changes = page.getByRole('list', { name: /^Changes of this experiment/ }).getByRole('listitem')
    await changes.filter({ hasText: /Created by local.*Budget: \$/ }).waitFor()
    await changes.filter({ hasText: 'Phase: Preparing → Mirroring' }).waitFor()
  })
}

/** That it ends. */
export const endOfExperiment = (visit: Visit): void => {
  test('stops an experiment by keyboard alone, and sees it drain and end', async () => {
    const { page } = visit
    const stop = page.getByRole('button', { name: 'Stop', exact: true })
    const dialog = page.getByRole('dialog', { name: 'Stop this experiment?' })
    await stop.focus()
    await page.keyboard.press('Enter')
    await dialog.waitFor()
    expect(await dialog.locator(':focus').count()).toBe(1)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    expect(await focused(page)).toBe('Stop')

    await page.keyboard.press('Enter')
    await dialog.waitFor()
    for (let tabs = 0; (await dialog.locator('input:focus').count()) === 0 && tabs < 9; tabs++)
      await page.keyboard.press('Tab')
    await page.keyboard.type('seen enough')
    for (let tabs = 0; (await focused(page)) !== 'Stop it now' && tabs < 9; tabs++)
      await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')

    await dialog.waitFor({ state: 'hidden' })
    await page
      .getByText(/^Draining/)
      .first()
      .waitFor()
    await page.getByText('Stopped', { exact: true }).waitFor({ timeout: 2 * MINUTE })
    await page.getByText('seen enough', { exact: true }).first().waitFor()
    expect(await page.getByRole('button', { name: 'Stop', exact: true }).count()).toBe(0)
  })
}
