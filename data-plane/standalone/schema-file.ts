import { readFileSync } from 'node:fs'
import type * as z from 'zod'

/** A file that does not hold what it should; the message says in one line where it is wrong. */
export class SchemaFileError extends Error {}

/** What a JSON file says, checked: the selection or redaction of an experiment. */
export const readSchemaFile = <Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> => {
  let given: unknown
  try {
    given = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new SchemaFileError(`${path}: ${error instanceof Error ? error.message : error}`)
  }
  const { data, error } = schema.safeParse(given)
  if (error === undefined) return data
  const told = error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`)
  throw new SchemaFileError(`${path}: ${told.join('; ')}`)
}
