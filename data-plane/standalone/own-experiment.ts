import { randomBytes } from 'node:crypto'
import { REDACTION_KEY_BYTES, type Redaction } from '../../contract/redaction.ts'
import type { ExperimentConfig } from '../experiment-config.ts'
import type { Recording } from '../record/recording.ts'

type Chosen = Pick<ExperimentConfig, 'id' | 'ports' | 'shadows' | 'rules' | 'sources'> & {
  redaction: Redaction
  recording: Recording | null
}

/** An experiment of no control plane: it has no end, compares nothing, and its shadow is whatever was named. */
export const ownExperiment = ({ redaction, recording, ...chosen }: Chosen): ExperimentConfig => ({
  ...chosen,
  redaction: { settings: redaction, key: randomBytes(REDACTION_KEY_BYTES).toString('base64') },
  ...(recording && { record: recording.limits }),
  compare: false,
  comparing: { warmUpSeconds: 0, stage: 1 },
  allowed: null,
  production: [],
  bothEnds: false,
  until: Number.POSITIVE_INFINITY,
})
