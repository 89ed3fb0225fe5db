import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import type { Line, Row } from './row.ts'
import { attachRows } from './rows/attach.ts'
import { compareRows } from './rows/compare.ts'
import { endToEndRows } from './rows/end-to-end.ts'
import { enduranceRows } from './rows/endurance.ts'
import { receiveRows } from './rows/receive.ts'
import { redactionRows } from './rows/redaction.ts'
import { workerRows } from './rows/workers.ts'
import { stolenPercent, stolenTime } from './stolen.ts'
import { table } from './table.ts'

const ROWS: readonly Row[] = [
  ...endToEndRows,
  ...receiveRows,
  ...enduranceRows,
  ...workerRows,
  ...redactionRows,
  ...compareRows,
  ...attachRows,
]
const USAGE = 'bench [--only NAME]... [--json FILE] [--soak MINUTES]'

const options = () => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      json: { type: 'string' },
      soak: { type: 'string', default: '0.5' },
    },
  })
  const soakMinutes = Number(values.soak)
  if (!(soakMinutes > 0)) throw new Error(`--soak ${values.soak}: is a number of minutes`)
  const names = ROWS.map(({ name }) => name)
  for (const only of values.only ?? [])
    if (!names.includes(only)) throw new Error(`--only ${only}: is one of ${names.join(', ')}`)
  const rows = ROWS.filter(({ name }) => values.only?.includes(name) ?? true)
  return { rows, json: values.json ?? null, soakMinutes }
}

const machine = () => ({
  node: process.version,
  cores: cpus().length,
  processor: process.arch,
  memoryGb: Math.round(totalmem() / 1e9),
  system: process.platform,
  receiveBufferMax: readNumber('/proc/sys/net/core/rmem_max'),
  receiveBufferDefault: readNumber('/proc/sys/net/core/rmem_default'),
})

const readNumber = (path: string): number | null => {
  try {
    return Number(readFileSync(path, 'latin1'))
  } catch {
    return null
  }
}

const main = async (): Promise<number> => {
  const { rows, json, soakMinutes } = options()
  const about = machine()
  console.log(
    `Node ${about.node}, ${about.cores} cores (${about.processor}), ${about.memoryGb} GB, load ${loadavg()[0]?.toFixed(1)}; ` +
      `sockets keep the kernel's default buffer of ${about.receiveBufferDefault} bytes; processor time, not wall time`,
  )
  const done: (Line & { row: string; group: string; load: number; stolen: number | null })[] = []
  const log = (line: string) => process.stderr.write(`  ${line}\n`)
  for (const [index, { name, group, run }] of rows.entries()) {
    log(`${name} ...`)
    const before = stolenTime()
    const lines = await run({ soakMinutes, log })
    const stolen = stolenPercent(before, stolenTime())
    if (stolen !== null && stolen > 0) log(`${name}: other machines had ${stolen} % of the processors' time`)
    const load = Math.round((loadavg()[0] ?? 0) * 10) / 10
    for (const line of lines) done.push({ row: name, group, load, stolen, ...line })
    if (rows[index + 1]?.group !== group)
      console.log(
        `\n${table(
          group,
          done.filter((row) => row.group === group),
        )}`,
      )
  }
  if (json !== null)
    writeFileSync(
      json,
      `${JSON.stringify({ at: new Date().toISOString(), machine: about, rows: done }, null, 2)}\n`,
    )
  return 0
}

try {
  process.exit(await main())
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}; usage: ${USAGE}`)
  process.exit(2)
}
