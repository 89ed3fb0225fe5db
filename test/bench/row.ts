export type Cell = number | string | boolean | null

/** One measurement: what it found, by name. */
export type Figures = Record<string, Cell>

export type BenchOptions = {
  soakMinutes: number
  log: (line: string) => void
}

/** A line of the table. */
export type Line = { name: string; figures: Figures }

/** What can be run by its name. The lines of one group have the same columns. */
export type Row = {
  name: string
  group: string
  run(options: BenchOptions): Promise<Line[]>
}
