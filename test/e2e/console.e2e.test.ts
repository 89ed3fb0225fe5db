import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { readRecord } from '../../data-plane/record/read-record.ts'
import { findBrowser, launchBrowser } from '../support/browser.ts'
import {
  complaints,
  declare,
  experiments,
  figure,
  focused,
  MINUTE,
  number,
  open,
  section,
  until,
  violations,
} from '../support/console-page.ts'
import { freePorts, type LocalSystem, startLocalSystem } from '../support/local-system.ts'
import { withMarkup } from '../support/markup.ts'

const found = await findBrowser()
if (found.path === null) console.warn(`The console was not tested in a browser: ${found.why}.`)

describe.skipIf(found.path === null)('the console in a real browser', { timeout: 3 * MINUTE }, () => {
  let system: LocalSystem
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    system = await startLocalSystem(['--port', String(await freePorts())])
    browser = await launchBrowser(found.path ?? '')
    page = await open(browser, `${system.console}?token=${system.token}`)
  }, 2 * MINUTE)

  afterAll(async () => {
    await browser?.close()
    await system?.stop()
  })

  afterEach(() => {
    expect(complaints.splice(0)).toEqual([])
  })

  test('shows the running demo, its traffic and its money, live', async () => {
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

  test('gives the verdict first, then endpoints, then what differs at one of them', async () => {
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

  test('has no serious accessibility violation, in light and in dark', async () => {
    const address = page.url()
    const serious: string[] = []
    for (const [hash, landmark] of [
      ['#/experiments', 'Start an experiment'],
      [new URL(address).hash, 'Stop'],
      ['#/start', 'Cancel'],
    ] as const) {
      await page.goto(`${system.console}${hash}`)
      await page
        .getByRole('link', { name: landmark })
        .or(page.getByRole('button', { name: landmark }))
        .first()
        .waitFor()
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        // what is dark differs in its colours only
        for (const violation of await violations(
          page,
          colorScheme === 'dark' ? ['color-contrast'] : undefined,
        ))
          serious.push(`${hash} in ${colorScheme}: ${violation}`)
      }
    }
    await page.emulateMedia({ colorScheme: 'light' })
    await page.goto(address)
    expect(serious).toEqual([])
  })

  test('shows what is owed, quantity by price, what was asked for, and who changed what', async () => {
    await page.getByRole('tab', { name: 'Ledger' }).click()
    const account = page.getByRole('region', { name: 'Cost lines' })
    await account.getByRole('row', { name: /Mirror sessions.*per ENI-hour/ }).waitFor()
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

  test('stops an experiment by keyboard alone, and sees it drain and end', async () => {
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

  test('shows where the evidence lies with its checksum, and deletes it with a reason', async () => {
    await until(async () => (await experiments(system))[0]?.evidence !== null)
    const [demo] = await experiments(system)
    await page.reload()
    await page.getByRole('tab', { name: 'Is it safe?' }).click()
    const row = page.getByRole('region', { name: 'Stored evidence' }).getByRole('row', { name: /^JSON s3:/ })
    await row.waitFor()
    const said = (await row.textContent()) ?? ''
    const answer = await fetch(`${system.api}/experiments/${demo?.id}/evidence`)

    expect(said).toContain(`/evidence/${demo?.id}/evidence.json`)
    expect(said).toContain(hash('sha256', await answer.text()))
    await page.getByRole('button', { name: 'Delete the evidence' }).click()
    await page.getByRole('textbox', { name: 'Reason' }).fill('seen enough of it')
    await page.getByRole('button', { name: 'Delete it for good' }).click()

    await page.getByRole('heading', { name: 'The evidence was deleted' }).waitFor()
    await page.getByText(/^By local, .*: seen enough of it$/).waitFor()
    await page.getByText(/^All of it was gone/).waitFor({ timeout: MINUTE })
  })

  test('shows what an Auto Scaling group means now, each interface with its verdict and its room', async () => {
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

  test('lists what was recorded, downloads a part with a reason into the history, and deletes all', async () => {
    const records = page.getByRole('region', { name: 'Records' })
    const download = records.getByRole('button', { name: /^Download .*\.ndjson\.gz$/ }).first()
    await download.waitFor({ timeout: MINUTE })
    expect(await violations(page)).toEqual([])
    await download.click()
    await page.getByRole('textbox', { name: 'Reason' }).fill('ticket 7')
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download it' }).click(),
    ])
    const { redacted, exchanges } = readRecord(readFileSync(await file.path()))
    expect([redacted, exchanges.length > 0]).toEqual([true, true])

    await page.getByText('Stopped', { exact: true }).waitFor({ timeout: 2 * MINUTE })
    await page.getByRole('button', { name: 'Delete the records' }).click()
    await page.getByRole('textbox', { name: 'Reason' }).fill('seen enough of them')
    await page.getByRole('button', { name: 'Delete them for good' }).click()

    await page.getByText(/^There is none/).waitFor()
    await page.getByRole('tab', { name: 'History' }).click()
    const changes = page.getByRole('list', { name: /^Changes of this experiment/ }).getByRole('listitem')
    await changes.filter({ hasText: /Record read: .*by local.*ticket 7/ }).waitFor()
    await changes.filter({ hasText: /Records deleted: \d+ by local.*seen enough of them/ }).waitFor()
  })

  test('makes a schedule from the form, its next windows shown first, and deletes it', async () => {
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

  test('says plainly that a page or an experiment does not exist, and that the API is away', async () => {
    await page.goto(`${system.console}#/nowhere`)
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
    await page.goto(`${system.console}#/experiments/exp_00000000000000000000000000`)
    await page.getByText('There is no experiment with this id').waitFor()

    await page.route('**/api/experiments?*', (route) => route.abort())
    await page.goto(`${system.console}#/experiments`)

    await page.getByText('The API does not answer.').waitFor()
    await page.unroute('**/api/experiments?*')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('link', { name: 'From the form' }).waitFor()

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
    // the browser itself reports the 403, the 404 and the broken connection
    const own = complaints.splice(0).filter((complaint) => !complaint.startsWith('Failed to load resource'))
    expect(own).toEqual([])
  })
})
