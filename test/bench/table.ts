import type { Cell, Line } from './row.ts'

/** Wider text goes below its table. */
const CELL_MAX = 24

/** Rows under the columns of the first one; text too long for a column follows as notes. */
export const table = (title: string, rows: readonly Line[]): string => {
  const columns = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))]
  const isNarrow = (column: string) =>
    rows.every(({ figures }) => shown(figures[column] ?? null).length <= CELL_MAX)
  const narrow = columns.filter(isNarrow)
  const lines = [
    [title, ...narrow],
    ...rows.map(({ name, figures }) => [name, ...narrow.map((column) => shown(figures[column] ?? null))]),
  ]
  const widths = [0, ...narrow.map((_, index) => index + 1)].map((column) =>
    Math.max(...lines.map((cells) => (cells[column] ?? '').length)),
  )
  const aligned = lines.map((cells) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  )
  const notes = rows.flatMap(({ name, figures }) =>
    columns
      .filter((column) => !isNarrow(column) && figures[column] !== undefined)
      .map((column) => `  ${name}, ${column}: ${shown(figures[column] ?? null)}`),
  )
  return [...aligned, ...notes].join('\n')
}

const shown = (cell: Cell): string => {
  if (cell === null) return '-'
  if (cell === true) return 'yes'
  if (cell === false) return 'NO'
  return typeof cell === 'number' ? cell.toLocaleString('en-GB', { maximumFractionDigits: 3 }) : cell
}
