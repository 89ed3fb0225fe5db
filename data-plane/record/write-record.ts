import { writeCapture } from './capture.ts'
import { writeGoReplay } from './goreplay.ts'
import { writeHar } from './har-writer.ts'
import { exchangeLine, headerLine } from './native.ts'
import type { RecordFormat } from './record-content.ts'
import type { Recorded } from './recorded.ts'
import type { Written } from './written.ts'

/** What a file says beside its exchanges, where its format can. */
export type About = { experiment: string; startedAt: string; redacted: boolean }

/** A file of recorded traffic in this format. */
export const writeRecord = (format: RecordFormat, exchanges: readonly Recorded[], about: About): Written =>
  WRITERS[format](exchanges, about)

const WRITERS: Readonly<Record<RecordFormat, (exchanges: readonly Recorded[], about: About) => Written>> = {
  native: (exchanges, about) => ({
    bytes: Buffer.from([headerLine(about), ...exchanges.map(exchangeLine)].join('')),
    skipped: {},
  }),
  har: (exchanges, { redacted }) => writeHar(exchanges, redacted),
  goreplay: writeGoReplay,
  pcap: writeCapture,
}
