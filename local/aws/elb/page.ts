import { AwsError } from '../aws-error.ts'

const LARGEST_PAGE = 400

/** ELB's pages: rows in order of their ARN, behind the marker. */
export function page<T extends { arn: string }>(
  rows: readonly T[],
  { Marker: marker, PageSize: size }: { Marker?: string | undefined; PageSize?: number | undefined },
): { rows: T[]; next: string | undefined } {
  if (size !== undefined && (size < 1 || size > LARGEST_PAGE)) {
    throw new AwsError('ValidationError', `PageSize ${size} is not between 1 and ${LARGEST_PAGE}`)
  }
  const after = marker === undefined ? '' : Buffer.from(marker, 'base64url').toString()
  if (marker !== undefined && !after.startsWith('arn:'))
    throw new AwsError('ValidationError', 'Invalid Marker')
  const left = rows.filter((row) => row.arn > after).sort((a, b) => (a.arn < b.arn ? -1 : 1))
  const shown = left.slice(0, size ?? LARGEST_PAGE)
  const last = shown.at(-1)
  const next = last && left.length > shown.length ? Buffer.from(last.arn).toString('base64url') : undefined
  return { rows: shown, next }
}
