import * as z from 'zod'
import { EVIDENCE_SCHEMA, Evidence } from '../../contract/evidence.ts'

/** The JSON Schema (draft 2020-12) of evidence packages, as text: it is published as it is, and lies beside each package. */
export const evidenceSchema = (): string =>
  JSON.stringify({
    $id: `urn:${EVIDENCE_SCHEMA.replaceAll('/', ':')}`,
    title: 'Evidence of a Shadowmeter experiment',
    ...z.toJSONSchema(Evidence, { io: 'output' }),
  })
