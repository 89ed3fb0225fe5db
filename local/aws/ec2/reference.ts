import type { Table } from '../table.ts'

/** The row that a call names: it must exist, and have existed for long enough to be known (`referenceLagSeconds`). */
export function referenced<T>(table: Table<T>, id: string, lag: number): T | undefined {
  const row = table.get(id)
  return row !== undefined && table.getAt(id, lag) !== undefined ? row : undefined
}
