import { expect, test } from 'vitest'
import {
  complaints,
  declare,
  experiments,
  until,
  type Visit,
  violations,
} from '../../support/console-page.ts'

/** Experiments that come again. */
export const schedules = (visit: Visit): void => {
  test('makes a schedule from the form, its next windows shown first, and deletes it', async () => {
    const { page, system } = visit
    const [demo] = await experiments(system)
    await page.goto(`${system.console}#/schedules`)
    await page.getByText(/^No schedule yet/).waitFor()
    await page.getByRole('link', { name: 'New schedule' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Every Tuesday')
    await page.getByRole('checkbox', { name: 'orders-1' }).check({ force: true })
    await page.getByRole('textbox', { name: 'Shadow address' }).fill(demo?.spec.shadow.url ?? '')
    await declare(page)
    await page.getByRole('radio', { name: 'Again and again' }).check({ force: true })
    await page.getByRole('textbox', { name: 'Cron expression' }).fill('0/5 * * * ? *')
    await page.getByText(/Windows would overlap/).waitFor()
    await page.getByRole('textbox', { name: 'Cron expression' }).fill('0 14 ? * TUE *')
    const next = page.getByRole('list', { name: 'Next windows, in your time zone' })
    await until(async () => (await next.getByRole('listitem').count()) === 10)
    const create = page.getByRole('button', { name: 'Create the schedule' })
    await until(async () => (await create.getAttribute('aria-disabled')) !== 'true')
    await create.click()

    await page.getByRole('heading', { name: 'Every Tuesday', level: 2 }).waitFor()
    expect(await next.getByRole('listitem').count()).toBe(10)
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Delete the schedule Every Tuesday' }).click()
    await page.getByText(/^No schedule yet/).waitFor()
    // the browser itself reports the refused preview
    const own = complaints.splice(0).filter((complaint) => !complaint.startsWith('Failed to load resource'))
    expect(own).toEqual([])
  })
}
