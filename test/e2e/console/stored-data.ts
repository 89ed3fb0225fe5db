import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readRecord } from '../../../data-plane/record/read-record.ts'
import { experiments, MINUTE, until, type Visit, violations } from '../../support/console-page.ts'

/** What is kept of an experiment that has ended. */
export const evidence = (visit: Visit): void => {
  test('shows where the evidence lies with its checksum, and deletes it with a reason', async () => {
    const { page, system } = visit
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
}

/** What was recorded of one that was started from the form. */
export const records = (visit: Visit): void => {
  test('lists what was recorded, downloads a part with a reason into the history, and deletes all', async () => {
    const { page } = visit
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
}
