import type { Redaction } from '../../contract/redaction.ts'
import type { Matched } from '../select/match.ts'
import { type BodyBounds, redactBodyInPieces } from './body.ts'
import type { RedactionSettings } from './redactor.ts'
import { type RedactionCounts, Values } from './values.ts'

/** A body that is too long to be redacted between packets, with all that redaction asks about its request: plain data. */
export type LargeBody = {
  redaction: RedactionSettings
  /** As it was captured. */
  request: Matched
  body: Buffer
  isWrite: boolean
}

export type RedactedLargeBody = {
  body: Buffer
  isDecoded: boolean
  counts: RedactionCounts
  /** Pseudonyms in it, which answers may repeat. */
  made: string[]
}

/** Answers seldom repeat more of what they were sent. */
const MADE_MAX = 1_000

/** Reads a large body piece by piece, however long it takes; null when it cannot be read. */
export const redactLargeBody = async ({
  redaction: { settings, key },
  request,
  body,
  isWrite,
}: LargeBody): Promise<RedactedLargeBody | null> => {
  const values = new Values(settings, key === null ? null : Buffer.from(key, 'base64'))
  values.begin(request, 'request', isWrite)
  const redacted = await redactBodyInPieces(request.headers, body, values, boundsOf(settings))
  if (redacted === null) return null
  return { ...redacted, counts: values.counts, made: values.made(MADE_MAX) }
}

export const boundsOf = ({ bodyBytesMax, unlisted }: Redaction): BodyBounds => ({
  bytesMax: bodyBytesMax,
  opaque: unlisted === 'replace' ? 'refuse' : 'scan',
})
