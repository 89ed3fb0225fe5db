import type { Connection, EndReason } from './connection.ts'

/**
 * What reassembly tells its user. Bytes of one half come in order; `gap` says that bytes before the next ones were never
 * captured. Across the halves the order is causal: bytes come after all bytes that their sender had acknowledged, as
 * far as those were captured. `b` is only valid during the call.
 */
export type StreamHandler<App> = {
  data(
    c: Connection<App>,
    side: 0 | 1,
    b: Buffer,
    start: number,
    end: number,
    sequence: number,
    acknowledgement: number,
    aligned: boolean,
    at: number,
  ): void
  gap(c: Connection<App>, side: 0 | 1, bytes: number, at: number): void
  end(c: Connection<App>, side: 0 | 1, reason: EndReason, at: number): void
  /** Both halves have ended. */
  closed(c: Connection<App>, at: number): void
}
