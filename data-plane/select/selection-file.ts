import { readFileSync } from 'node:fs'
import { Selection } from '../../contract/selection.ts'

/** A file that holds no selection; the message says in one line where it is wrong. */
export class SelectionFileError extends Error {}

/** The selection in a JSON file, as in an experiment’s `requests.select`. */
export const readSelection = (path: string): Selection => {
  let given: unknown
  try {
    given = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new SelectionFileError(`${path}: ${error instanceof Error ? error.message : error}`)
  }
  const { data, error } = Selection.safeParse(given)
  if (data) return data
  const told = error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`)
  throw new SelectionFileError(`${path}: ${told.join('; ')}`)
}
