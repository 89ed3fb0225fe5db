import { readFileSync } from 'node:fs'
import { ShadowSpec } from '../../contract/forwarding.ts'

/** A file that holds no settings; the message says in one line where it is wrong. */
export class SettingsFileError extends Error {}

/** How to forward, out of a JSON file with the fields of an experiment's `shadow`; its address is given apart. */
export const readShadowSpec = (path: string, url: string): ShadowSpec => {
  let given: unknown
  try {
    given = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new SettingsFileError(`${path}: ${error instanceof Error ? error.message : error}`)
  }
  if (given === null || typeof given !== 'object' || Array.isArray(given))
    throw new SettingsFileError(`${path}: it: is an object with the fields of an experiment's shadow`)
  if ('url' in given) throw new SettingsFileError(`${path}: url: is what --shadow says`)
  const { data, error } = ShadowSpec.safeParse({ ...given, url })
  if (data) return data
  const told = error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`)
  throw new SettingsFileError(`${path}: ${told.join('; ')}`)
}
