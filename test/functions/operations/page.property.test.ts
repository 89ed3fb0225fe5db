import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { pageOf } from '../../../functions/operations/page.ts'
import { BadToken } from '../../../functions/store/table.ts'

const keyOf = (key: string): string => key

test('pages have each item once and in order, whatever comes between two of them', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 10 }),
      fc.array(fc.string({ minLength: 1 }), { maxLength: 5 }),
      (keys, maxResults, later) => {
        const seen: string[] = []
        let nextToken: string | null = null
        let items = keys
        do {
          const page: ReturnType<typeof pageOf<string>> = pageOf(items, keyOf, {
            maxResults,
            ...(nextToken !== null && { nextToken }),
          })
          expect(page.items.length).toBeLessThanOrEqual(maxResults)
          seen.push(...page.items)
          nextToken = page.nextToken
          items = [...new Set([...items, ...later])]
        } while (nextToken !== null)

        expect(seen).toEqual([...seen].sort())
        expect(new Set(seen).size).toBe(seen.length)
        expect(keys.filter((key) => !seen.includes(key))).toEqual([])
      },
    ),
  )
})

test.each(['%%', '', 'Zm9v!'])('%j is no token', (nextToken) => {
  expect(() => pageOf(['a'], keyOf, { maxResults: 1, nextToken })).toThrow(BadToken)
})
