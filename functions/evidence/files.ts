import { hash } from 'node:crypto'
import type { Evidence } from '../../contract/evidence.ts'
import type { StoredEvidence } from '../../contract/stored-evidence.ts'
import { evidenceHtml, evidenceMarkdown } from '../experiments/evidence-page.ts'
import { evidenceSchema } from './schema.ts'

export type Format = StoredEvidence['files'][number]['format']

export const FILES: Readonly<Record<Format, { ending: string; mediaType: string }>> = {
  json: { ending: 'json', mediaType: 'application/json' },
  html: { ending: 'html', mediaType: 'text/html; charset=utf-8' },
  markdown: { ending: 'md', mediaType: 'text/markdown; charset=utf-8' },
  schema: { ending: 'schema.json', mediaType: 'application/schema+json' },
}

export const FORMATS = Object.keys(FILES) as Format[]

/** The package in one of its formats: the same numbers in each, and in the pages the checksum of the JSON. */
export const textOf = (evidence: Evidence, format: Format): string => {
  if (format === 'schema') return evidenceSchema()
  const json = JSON.stringify(evidence)
  if (format === 'json') return json
  return (format === 'html' ? evidenceHtml : evidenceMarkdown)(evidence, sha256(json))
}

/** In hex, of the text in UTF-8. */
export const sha256 = (text: string): string => hash('sha256', text)
