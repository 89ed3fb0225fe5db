import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFile(new URL(path, root), 'utf8')

test('every threat names a test that exists', async () => {
  const document = await read('docs/threat-model.md')
  const rows = document.split('\n').filter((line) => line.startsWith('| ') && !/^\| (threat|---)/.test(line))

  expect(rows.length).toBeGreaterThan(20)
  for (const row of rows) {
    const named = [...row.matchAll(/`(test\/[^`]+)` ("[^"]+"(?:, "[^"]+")*)/g)]
    expect(named, row).not.toEqual([])
    for (const [, path = '', titles = ''] of named) {
      const source = await read(path)
      for (const [, title = ''] of titles.matchAll(/"([^"]+)"/g)) expect(source, row).toContain(title)
    }
  }
})

test('no page of the console writes markup', async () => {
  const files = await readdir(new URL('web/src/', root), { recursive: true })
  const sources = files.filter((file) => /\.tsx?$/.test(file))

  expect(sources.length).toBeGreaterThan(30)
  for (const file of sources)
    expect(await read(`web/src/${file}`), file).not.toMatch(
      /dangerouslySetInnerHTML|\b(inner|outer)HTML\b|insertAdjacentHTML|document\.write/,
    )
})
