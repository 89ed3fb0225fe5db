import { expect, test } from 'vitest'
import { complaints, declare, experiments, open, type Visit } from '../../support/console-page.ts'

/** What it says when there is nothing to show or to change. */
export const failures = (visit: Visit): void => {
  test('says plainly that a page or an experiment does not exist, and that the API is away', async () => {
    const { browser, page, system } = visit
    const [demo] = await experiments(system)
    const address = page.url()
    await page.goto(`${system.console}#/nowhere`)
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
    await page.goto(`${system.console}#/experiments/exp_00000000000000000000000000`)
    await page.getByText('There is no experiment with this id').waitFor()

    await page.route('**/api/experiments?*', (route) => route.abort())
    await page.goto(`${system.console}#/experiments`)

    await page.getByText('The API does not answer.').waitFor()
    const asked = page.waitForRequest('**/api/experiments?*')
    await page.getByRole('button', { name: 'Try again' }).click()
    await asked
    // from here on it may be back before anybody tries again
    await page.unroute('**/api/experiments?*')
    await page.getByRole('link', { name: demo?.spec.name ?? '' }).waitFor()

    // without what was printed at the start, it can be looked at and not used
    const stranger = await open(browser, `${system.console}#/start`)
    await stranger.getByRole('checkbox', { name: 'orders-1' }).check({ force: true })
    await stranger.getByRole('textbox', { name: 'Shadow address' }).fill('http://127.0.0.1:9000')
    await declare(stranger)
    await stranger
      .getByText(/Changes need the token of this system: open the console at the address/)
      .first()
      .waitFor()
    await stranger.context().close()
    await page.goto(address)
    // the browser itself reports the 403, the 404 and the broken connection
    const own = complaints.splice(0).filter((complaint) => !complaint.startsWith('Failed to load resource'))
    expect(own).toEqual([])
  })
}
