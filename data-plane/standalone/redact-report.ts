import { readFile } from 'node:fs/promises'
import type { Redaction } from '../../contract/redaction.ts'
import { exchangesOf } from '../extract.ts'
import { Redactor } from '../redact/redactor.ts'

export type RedactReportOptions = { file: string; ports: number[] | null; redaction: Redaction }

/** What redaction would do to the requests of a capture: how often, by what and where, never to which values. */
export type RedactReport = {
  /** Complete requests; others are never forwarded. */
  requests: number
  /** Those in which something would be replaced. */
  changed: number
  unredactable: number
  redacted: Record<string, number>
}

/** Throws what reading the file throws. */
export const redactReport = (
  file: Buffer,
  { ports, redaction }: Omit<RedactReportOptions, 'file'>,
): RedactReport => {
  const redactor = new Redactor({ settings: redaction, key: null })
  const report = { requests: 0, changed: 0, unredactable: 0 }
  let before = 0
  for (const { request } of exchangesOf(file)) {
    if (request === null || !request.complete) continue
    if (ports !== null && !ports.includes(request.connection.server.port)) continue
    report.requests++
    if (!redactor.request(request)) report.unredactable++
    const now = Object.values(redactor.counts).reduce((sum, count) => sum + count, 0)
    if (now > before) report.changed++
    before = now
  }
  return { ...report, redacted: { ...redactor.counts } }
}

/** Prints the report as one line of JSON. */
export const runRedactReport = async (options: RedactReportOptions): Promise<boolean> => {
  process.stdout.write(`${JSON.stringify(redactReport(await readFile(options.file), options))}\n`)
  return true
}
