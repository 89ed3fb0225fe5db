import type { ReactNode } from 'react'

type Column = Readonly<{ name: string; number?: boolean }>
type Row = Readonly<{ key: string; cells: readonly ReactNode[]; sub?: boolean }>
type Props = Readonly<{
  label: string
  columns: readonly Column[]
  rows: readonly Row[]
  foot?: readonly ReactNode[]
}>

/** A few rows to read, with real headings and nothing to operate. The first cell of a row names it. */
export const PlainTable = ({ label, columns, rows, foot }: Props) => {
  const align = (index: number) => (columns[index]?.number ? 'number' : undefined)
  const cells = (values: readonly ReactNode[]) =>
    values.map((cell, index) =>
      index === 0 ? (
        <th scope="row" key={columns[index]?.name}>
          {cell}
        </th>
      ) : (
        <td key={columns[index]?.name} className={align(index)}>
          {cell}
        </td>
      ),
    )
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="plain-scroll" aria-label={label} tabIndex={0}>
      <table className="plain">
        <thead>
          <tr>
            {columns.map(({ name }, index) => (
              <th scope="col" key={name} className={align(index)}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key} className={row.sub ? 'sub' : undefined}>
              {cells(row.cells)}
            </tr>
          ))}
        </tbody>
        {foot && (
          <tfoot>
            <tr>{cells(foot)}</tr>
          </tfoot>
        )}
      </table>
    </section>
  )
}
