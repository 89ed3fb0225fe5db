import { readFile } from 'node:fs/promises'
import { expect, test, vi } from 'vitest'
import { falsePositivesTable, recallTable } from '../../support/redaction-measured.ts'

vi.setConfig({ testTimeout: 60_000 })

const published = () => readFile(new URL('../../../docs/redaction.md', import.meta.url), 'utf8')

/** What stands under a heading of its own, up to the next empty line after it. */
const tableUnder = (text: string, words: string): string =>
  text.split(`${words}\n\n`)[1]?.split('\n\n')[0] ?? `there is no table under “${words}”`

test('the recall that is published, by kind and place, is what is measured', async () => {
  expect(recallTable(10)).toBe(
    tableUnder(await published(), '**Recall**, of 10 planted secrets in each cell:'),
  )
})

test('the false positives that are published are what is measured', async () => {
  expect(falsePositivesTable(2_000)).toBe(
    tableUnder(await published(), '**False positives**, of 2,000 harmless values each:'),
  )
})
