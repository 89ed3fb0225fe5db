import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MINUTE, until, type Visit } from '../../support/console-page.ts'
import { withMarkup } from '../../support/markup.ts'

/** What the shadow answers otherwise, from the verdict down to one example. */
export const comparison = (visit: Visit): void => {
  test('gives the verdict first, then endpoints, then what differs at one of them', async () => {
    const { page } = visit
    await page.getByRole('tab', { name: 'Is it safe?' }).click()
    const endpoints = page.getByRole('region', { name: 'Endpoints' })
    await endpoints.getByRole('row', { name: /POST \/customers Fail/ }).waitFor({ timeout: 2 * MINUTE })

    await endpoints.getByRole('button', { name: 'POST /customers' }).click()

    await page
      .getByRole('region', { name: 'Reasons' })
      .getByText(/POST \/customers answers 422 where production answers 201: \d+ of \d+ requests/)
      .waitFor()
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Evidence as HTML' }).click(),
    ])
    expect(readFileSync(await file.path(), 'utf8')).toContain(
      'POST /customers answers 422 where production answers 201',
    )
    await page
      .getByRole('region', { name: 'Statuses of both' })
      .getByRole('row', { name: /201 422/ })
      .waitFor()
    await page.getByRole('region', { name: 'Differences' }).getByText('201>422').waitFor()
    await page.getByRole('application', { name: /^Distribution of latency/ }).waitFor()
    await page
      .getByRole('region', { name: 'Coverage' })
      .getByRole('row', { name: /^Judged/ })
      .waitFor()
  })

  test('shows an example side by side with its curl, and lets a difference be called noise', async () => {
    const { page } = visit
    await page
      .getByRole('figure')
      .filter({ hasText: /^Production: 201 in \d/ })
      .first()
      .waitFor()
    await page
      .getByRole('figure')
      .filter({ hasText: /^Shadow: 422 in \d/ })
      .first()
      .waitFor()
    await page.getByText(/^curl -i --compressed -X 'POST' .*'http:\/\/.*\/customers'$/).waitFor()
    const reason = page.getByRole('region', { name: 'Reasons' }).getByText(/POST \/customers answers 422/)
    const place = page
      .getByRole('region', { name: 'Noise' })
      .getByRole('row', { name: /POST \/customers 201>422/ })

    await place.getByRole('button', { name: 'Noise', exact: true }).click()
    await reason.waitFor({ state: 'detached' })
    await place.getByRole('button', { name: 'Learned' }).click()

    await reason.waitFor()
  })

  test('shows whatever markup is in what the traffic said as text', async () => {
    const { page } = visit
    const planted = '<img src=x onerror="document.title=1"><script>document.title=2</script>"\'>'
    const address = page.url()
    await page.route('**/api/experiments/*/comparison*', async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, json: withMarkup(await answer.json(), planted) })
    })
    await page.reload()
    await page
      .getByRole('region', { name: 'Endpoints' })
      .getByRole('button', { name: planted })
      .first()
      .click()

    await page.getByRole('region', { name: 'Differences' }).getByText(planted).first().waitFor()
    const examples = page.getByRole('region', { name: 'Examples' })
    await until(async () => (await examples.getByText(planted).count()) >= 3)
    const written = await page.evaluate<number>('document.querySelectorAll("img[src=x], main script").length')

    expect(written).toBe(0)
    expect(await page.title()).toMatch(/ · Shadowmeter$/)
    await page.unroute('**/api/experiments/*/comparison*')
    await page.goto(address)
    await page.reload()
  })
}
