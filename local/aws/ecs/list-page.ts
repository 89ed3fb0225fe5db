import { AwsError } from '../aws-error.ts'

const LARGEST_PAGE = 100

/** ECS’s pages of ARNs, in their order. */
export function listPage(
  all: readonly string[],
  { maxResults: size, nextToken: token }: { maxResults?: number | undefined; nextToken?: string | undefined },
): { arns: string[]; nextToken: string | undefined } {
  if (size !== undefined && (size < 1 || size > LARGEST_PAGE)) {
    throw new AwsError('InvalidParameterException', `maxResults must be between 1 and ${LARGEST_PAGE}.`)
  }
  const after = token === undefined ? '' : Buffer.from(token, 'base64url').toString()
  if (token !== undefined && !after.startsWith('arn:')) {
    throw new AwsError('InvalidParameterException', 'Invalid token')
  }
  const left = all.filter((arn) => arn > after).sort()
  const shown = left.slice(0, size ?? LARGEST_PAGE)
  const last = shown.at(-1)
  const more = last !== undefined && left.length > shown.length
  return { arns: shown, nextToken: more ? Buffer.from(last).toString('base64url') : undefined }
}
