import { ExperimentId } from '../contract/experiment.ts'
import { EXIT, Failure } from './exit.ts'
import type { Options, Values } from './options.ts'
import { numberOf } from './spec.ts'

/** Options that several commands take, and how what was typed is read. */

export const REASON = {
  reason: { value: 'TEXT', help: 'why, for the audit trail' },
} as const satisfies Options
export const REVISION = {
  revision: { value: 'N', help: 'only if this is still the experiment’s revision, else it is a conflict' },
} as const satisfies Options
export const PAGES = {
  'max-results': { value: 'N', help: 'so many at most (default 50)' },
  'next-token': { value: 'TOKEN', help: 'go on behind the page that ended with it' },
} as const satisfies Options

export const text = (values: Values, name: string): string | undefined => values[name] as string | undefined

export const numberGiven = (values: Values, name: string): number | undefined => {
  const given = text(values, name)
  return given === undefined ? undefined : numberOf(`--${name}`, given)
}

export const none = (operands: readonly string[]): void => {
  if (operands.length > 0) throw new Failure(`'${operands[0]}' is one too many; see --help`, EXIT.usage)
}

export const atMostOne = ([first, ...rest]: readonly string[]): string | undefined => {
  none(rest)
  return first
}

export const experimentOf = (operands: readonly string[]): { id: string } => {
  const id = atMostOne(operands)
  if (id === undefined) throw new Failure('Which experiment? `shadowmeter list` shows their ids', EXIT.usage)
  const read = ExperimentId.safeParse(id)
  if (!read.success)
    throw new Failure(
      `'${id}' is none: ${read.error.issues.map(({ message }) => message).join('; ')}`,
      EXIT.usage,
    )
  return { id }
}

export const noted = (values: Values) => {
  const [reason, revision] = [text(values, 'reason'), text(values, 'revision')]
  return {
    ...(reason !== undefined && { reason }),
    ...(revision !== undefined && { ifRevision: numberOf('--revision', revision) }),
  }
}

export const pageOf = (values: Values): { maxResults?: number; nextToken?: string } => {
  const [most, nextToken] = [text(values, 'max-results'), text(values, 'next-token')]
  return {
    ...(most !== undefined && { maxResults: numberOf('--max-results', most) }),
    ...(nextToken !== undefined && { nextToken }),
  }
}

/** Every page of a list, one after the other. */
export const everyPage = async <Page extends { nextToken: string | null }>(
  read: (query: { nextToken?: string }) => Promise<Page>,
): Promise<[Page, ...Page[]]> => {
  const first = await read({})
  const pages: [Page, ...Page[]] = [first]
  for (let { nextToken } = first; nextToken !== null; ) {
    const page = await read({ nextToken })
    pages.push(page)
    nextToken = page.nextToken
  }
  return pages
}
