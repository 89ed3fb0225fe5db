import { expect, test } from 'vitest'
import { declare, experiments, MINUTE, section, until, type Visit } from '../../support/console-page.ts'

/** What is chosen, priced and started. */
export const startForm = (visit: Visit): void => {
  test('shows what an Auto Scaling group means now, each interface with its verdict and its room', async () => {
    const { page, system } = visit
    await page.goto(`${system.console}#/start`)
    const [demo] = await experiments(system)
    await page.getByRole('button', { name: /^Chosen by/ }).click()
    await page.getByRole('option', { name: /^Auto Scaling groups/ }).click()
    const group = page.getByRole('combobox', { name: 'Auto Scaling groups' })
    await group.fill('nowhere')
    await group.press('Tab')
    await page.getByText('There is no Auto Scaling group nowhere.').first().waitFor()
    await group.fill('orders')
    await group.press('Tab')
    await page.getByText('2 network interfaces now, 2 of which AWS mirrors for sure.').waitFor()
    const preview = page.getByRole('region', { name: 'Network interfaces of this source' })
    await preview.getByRole('row', { name: /orders-2.*Can be mirrored/ }).waitFor()

    await page.getByRole('textbox', { name: 'Shadow address' }).fill(demo?.spec.shadow.url ?? '')
    await declare(page)
    await page.getByRole('button', { name: /^Would be mirrored: 2 network interfaces/ }).click()
    const planned = page.getByRole('region', { name: 'Network interfaces with their verdict' })

    await planned.getByRole('row', { name: /orders-1.*[23] of 3 mirror sessions left/ }).waitFor()
    await page.getByRole('button', { name: /^Would be created: 2 mirror sessions, 1 filter rule/ }).click()
    await page.getByText(/for each GB that it copies/).waitFor()
    await page.getByRole('button', { name: /^AWS’s quotas/ }).click()
    const quotas = page.getByRole('region', { name: 'AWS’s quotas' })
    await quotas.getByRole('row', { name: /^Fargate On-Demand vCPUs.*Service Quotas/ }).waitFor()
    // the next test begins with an empty form
    await page.goto(`${system.console}#/experiments`)
    await page.getByRole('heading', { name: 'Experiments', level: 1 }).waitFor()
  })

  test('starts an experiment from the form, its price shown first', async () => {
    const { page, system } = visit
    await page.goto(`${system.console}#/start`)
    const start = page.getByRole('button', { name: 'Start the experiment' })
    await start.click()
    await page.getByText('A name of 1 to 80 characters').waitFor()
    expect(await page.locator(':focus').getAttribute('name')).toBe('name')
    await page.getByText(/Still needed for an estimate: what is mirrored, the shadow’s address/).waitFor()

    const [demo] = await experiments(system)
    await page.getByRole('textbox', { name: 'Name' }).fill('From the form')
    await page.getByRole('checkbox', { name: 'orders-1' }).check({ force: true })
    await page.getByRole('textbox', { name: 'Shadow address' }).fill(demo?.spec.shadow.url ?? '')
    await declare(page)
    await section(page, 'Owner and reason').click()
    await page.getByRole('textbox', { name: 'Why' }).fill('Searches go over POST')
    await section(page, 'Which requests reach the shadow').click()
    await page.getByRole('button', { name: /^Exceptions/ }).click()
    const reads = page.getByRole('textbox', { name: 'POST requests that only read' })
    await reads.fill('search')
    await reads.press('Tab')
    await page.getByText('One a line: a path that begins with /, a method before it if you like').waitFor()
    await reads.fill('/search\npost /shop.Catalogue/Get*')
    await page.getByRole('textbox', { name: 'GraphQL endpoints' }).fill('/graphql')
    await page.getByRole('textbox', { name: 'Writes that go all the same' }).fill('PUT /carts/*')
    await page.getByRole('radio', { name: 'Goes once, from outside only' }).check({ force: true })
    await page.getByText('with exceptions. What sources ask each other is left out.').waitFor()
    await section(page, 'Credentials for the shadow').click()
    await page.getByRole('button', { name: 'Add one' }).click()
    const secret = page.getByRole('textbox', { name: 'Name of the secret' })
    await secret.fill('a secret itself')
    await secret.press('Tab')
    await page.getByText(/and the name of its secret, such as shop\/session$/).waitFor()
    await secret.fill('shop/session')
    await page.getByText('Authorization its own.').waitFor()
    await page.getByRole('button', { name: 'Remove credential 1' }).click()
    await section(page, 'Credentials for the shadow').click()
    await section(page, 'How answers are compared').click()
    const endpoints = page.getByRole('textbox', { name: 'Endpoints (optional)' })
    await endpoints.fill('openapi: 2.0.0\npaths: {}')
    await page.getByText(/not understood: openapi: OpenAPI 3 is read/).waitFor()
    await endpoints.fill('openapi: 3.1.0\npaths:\n  /orders/{id}: { get: {}, delete: {} }')
    await until(async () => (await endpoints.inputValue()) === 'GET /orders/{id}\nDELETE /orders/{id}')
    const document = { openapi: '3.0.3', paths: { '/customers': { post: {} } } }
    await page.locator('input[type=file]').setInputFiles({
      name: 'openapi.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify(document)),
    })
    await until(async () => (await endpoints.inputValue()) === 'POST /customers')
    const record = page.getByRole('checkbox', { name: 'Record what is forwarded' })
    await section(page, 'Records').click()
    await record.check({ force: true })
    await section(page, 'Records').click()
    await record.waitFor({ state: 'hidden' })
    await section(page, 'Redaction').click()
    await page.getByRole('radio', { name: 'As they are' }).check({ force: true })
    // a section with something wrong in it opens by itself
    await page.getByText(/^what is not redacted is not recorded/).waitFor()
    await record.waitFor()
    await page.getByRole('radio', { name: 'Pseudonyms' }).check({ force: true })
    await section(page, 'Records').click()
    await page.getByRole('spinbutton', { name: 'Up to (MB)' }).fill('5')
    await page.getByRole('spinbutton', { name: 'Budget' }).fill('0.001')
    await page.getByText('It cannot start like this', { exact: true }).waitFor()
    expect(await start.getAttribute('aria-disabled')).toBe('true')
    await page.getByRole('spinbutton', { name: 'Budget' }).fill('3')
    await page.getByText('Nothing has been created yet.').waitFor()
    await page
      .getByText(/^\$\d[\d.]*/)
      .first()
      .waitFor()
    await page.getByRole('row', { name: /^Together \$/ }).waitFor()
    expect(await experiments(system)).toHaveLength(1)
    await start.click()

    await page.getByRole('heading', { name: 'From the form', level: 1 }).waitFor()
    const [made] = await experiments(system)
    expect(made?.spec).toMatchObject({
      reason: 'Searches go over POST',
      compare: { endpoints: ['POST /customers'] },
      requests: {
        record: { megabytes: 5, seconds: 3600 },
        select: {
          hops: 'outer',
          reads: [{ paths: ['/search'] }, { methods: ['POST'], paths: ['/shop.Catalogue/Get*'] }],
          graphql: [{ paths: ['/graphql'] }],
          writes: [{ methods: ['PUT'], paths: ['/carts/*'] }],
        },
      },
    })
    await page.getByText('Mirroring', { exact: true }).waitFor({ timeout: 2 * MINUTE })
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Paused', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByText('Mirroring', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    await page.getByRole('button', { name: 'Stop it now' }).click()
    await page
      .getByText(/^(Draining|Stopped)/)
      .first()
      .waitFor()
  })
}
