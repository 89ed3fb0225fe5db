/** A part of the evidence as it is read. */
export type Section = Readonly<{
  title: string
  text: readonly string[]
  table: { columns: readonly string[]; rows: readonly (readonly string[])[] } | null
}>

export const section = (title: string, text: readonly string[], table: Section['table'] = null): Section => ({
  title,
  text,
  table,
})

/** None without rows. */
export const table = (columns: readonly string[], rows: readonly (readonly string[])[]): Section['table'] =>
  rows.length === 0 ? null : { columns, rows }
