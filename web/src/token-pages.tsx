import Pagination from '@cloudscape-design/components/pagination'
import { useState } from 'react'

type Labels = Readonly<{ list: string; next: string; previous: string }>

type Seen = Readonly<{ of: string; tokens: readonly (string | undefined)[]; index: number }>

/**
 * Pages of a list whose API names only the next one: which is shown, and what turns them.
 *
 * @param of what the list is of: another one begins at its first page
 */
export const useTokenPages = (labels: Labels, of = '') => {
  /** The tokens of the pages seen so far; the first page needs none. */
  const [seen, setSeen] = useState<Seen>({ of, tokens: [undefined], index: 0 })
  const { tokens, index } = seen.of === of ? seen : { tokens: [undefined], index: 0 }

  /** @param next what the page shown says comes behind it; null while that is not known, and on the last */
  const pagination = (next: string | null) => {
    const turnTo = (page: number) =>
      setSeen({
        of,
        tokens: page === tokens.length && next !== null ? [...tokens, next] : tokens,
        index: page,
      })
    return (
      (next !== null || index > 0) && (
        <Pagination
          currentPageIndex={index + 1}
          pagesCount={next === null ? Math.max(tokens.length, index + 1) : tokens.length}
          openEnd={next !== null}
          onChange={({ detail }) => turnTo(Math.min(detail.currentPageIndex - 1, tokens.length))}
          ariaLabels={{
            paginationLabel: labels.list,
            nextPageLabel: labels.next,
            previousPageLabel: labels.previous,
            pageLabel: (page) => `Page ${page}`,
          }}
        />
      )
    )
  }
  return { token: tokens[index], pagination }
}
