import { ExperimentSpec, type ExperimentSpecInput } from '../../contract/experiment.ts'
import { eni } from './aws-world.ts'
import { dependencies } from './declared.ts'

/** Two ENIs of the test account for two minutes, unless said otherwise. */
export const experimentSpec = (change: Partial<ExperimentSpecInput> = {}): ExperimentSpec =>
  ExperimentSpec.parse({
    name: 'checkout',
    source: { by: 'eni', ids: [eni(1), eni(2)] },
    traffic: { ports: [8080] },
    shadow: { url: 'http://127.0.0.1:9000' },
    dependencies,
    window: { durationSeconds: 120 },
    budgetUsd: 25,
    ...change,
  })
