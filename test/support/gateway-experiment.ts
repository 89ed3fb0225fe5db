import type { GatewayExperiment } from '../../contract/gateway-config.ts'
import { redacted } from '../../contract/redaction.ts'
import { everything } from '../../contract/selection.ts'
import { type ExperimentConfig, fromContract } from '../../data-plane/experiment-config.ts'
import type { Environment } from '../../data-plane/forward/settings.ts'

export const EXPERIMENT = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y'
export const OTHER = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X2Z'
/** The address of its one source. */
export const SOURCE = '127.0.0.5'

/** An experiment as a gateway reads it: of one source, for an hour, unless said otherwise. */
export const gatewayExperiment = (
  given: Partial<GatewayExperiment> & Pick<GatewayExperiment, 'id' | 'shadow'>,
): GatewayExperiment => ({
  ports: [8080],
  percent: 100,
  writes: 'hold',
  select: everything(),
  redaction: { settings: redacted(), key: null },
  tasks: 1,
  compare: false,
  comparing: { warmUpSeconds: 0, stage: 1 },
  paired: true,
  bothEnds: false,
  production: [],
  until: new Date(Date.now() + 3_600_000).toISOString(),
  sources: [{ vni: 7, eni: 'eni-00000000000000001', address: SOURCE, mac: '02:00:00:00:00:01' }],
  ...given,
})

/** What a task that may send to this machine makes of it. */
export const loopbackConfig = (
  experiment: GatewayExperiment,
  environment: Environment = {},
): ExperimentConfig =>
  fromContract(experiment, {
    environment,
    allowed: { ranges: [{ cidr: '127.0.0.0/8' }], hosts: [] },
    production: [],
  })
