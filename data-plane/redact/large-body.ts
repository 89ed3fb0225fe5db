import type { Redaction } from '../../contract/redaction.ts'
import type { Matched } from '../select/match.ts'
import { type BodyBounds, redactBody } from './body.ts'
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

/** All of a large body at once, however long it takes; null when it cannot be read. */
export const redactLargeBody = ({
  redaction: { settings, key },
  request,
  body,
  isWrite,
}: LargeBody): RedactedLargeBody | null => {
  const values = new Values(settings, key === null ? null : Buffer.from(key, 'base64'))
  values.begin(request, 'request', isWrite)
  const redacted = redactBody(request.headers, body, values, boundsOf(settings))
  if (redacted === null || redacted === 'later') return null
  return { ...redacted, counts: values.counts, made: values.made(MADE_MAX) }
}

export const boundsOf = ({ bodyBytesMax, unlisted }: Redaction): BodyBounds => ({
  bytesMax: bodyBytesMax,
  opaque: unlisted === 'replace' ? 'refuse' : 'scan',
  atOnce: Number.POSITIVE_INFINITY,
})
