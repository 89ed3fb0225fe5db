import { isVolatile } from './volatile.ts'

/** Deeper paths are cut. */
const SEGMENTS_MAX = 12
const SEGMENT_LENGTH_MAX = 48

/**
 * The endpoint a request belongs to, by its shape alone, so that all workers and tasks call it the same: `GET
 * /orders/{id}`. A segment is an id when it has a digit in it (apart from versions: v2) or looks made up.
 */
export const endpointOf = (method: string, target: string): string => {
  const segments = segmentsOf(target)
  const shown = segments.slice(0, SEGMENTS_MAX).map((segment) => (isId(segment) ? '{id}' : segment))
  return `${method} /${shown.join('/')}${segments.length > SEGMENTS_MAX ? '/…' : ''}`
}

/** Of the path of a request’s target. */
export const segmentsOf = (target: string): string[] => {
  const path = (/^(?:https?:\/\/[^/?#]*)?([^?#]*)/i.exec(target)?.[1] ?? '') || '/'
  return path.split('/').filter((segment) => segment !== '')
}

export const isId = (segment: string): boolean =>
  segment.length > SEGMENT_LENGTH_MAX ||
  segment.includes('@') ||
  segment.includes('%') ||
  (/\d/.test(segment) && !/^v\d{1,3}(?:\.\d{1,3})?$/.test(segment)) ||
  isVolatile(segment)
