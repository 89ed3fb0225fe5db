import { ExperimentSpec, type ExperimentSpecInput } from '../../contract/experiment.ts'
import type { Config } from '../../functions/config.ts'
import { GATEWAY_SIZE } from '../../functions/cost/usage.ts'
import { dependencies } from './declared.ts'

/** A deployment as its environment would describe it, with a table of its own. */
export const apiConfig = (table: string): Config => ({
  region: 'us-east-1',
  deployment: 'shadowmeter/test',
  table,
  cluster: 'shadowmeter-test',
  service: 'gateway',
  mirrorTarget: 'tmt-0123456789abcdef0',
  parkingFilter: 'tmf-0123456789abcdef0',
  targetGroup: 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/test/0123456789abcdef',
  loadBalancer: 'arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/test/0123456789abcdef',
  scheduleGroup: 'shadowmeter-test',
  scheduleRole: 'arn:aws:iam::123456789012:role/schedules',
  deadLetters: null,
  eventBus: 'default',
  preNoticeMinutes: 0,
  evidenceBucket: null,
  evidenceDays: 400,
  recordsBucket: null,
  recordsMs: 7 * 86_400_000,
  controlFunction: 'arn:aws:lambda:us-east-1:123456789012:function:control',
  allowed: {
    ranges: [{ cidr: '127.0.0.0/8' }, { cidr: '10.90.0.0/16', ports: [80, 8080, 9000] }],
    hosts: [],
  },
  prometheus: null,
  flowLogGroups: [],
  gatewaysMax: 100,
  gatewaySize: GATEWAY_SIZE,
  roles: null,
  fourEyes: [],
  tickSeconds: 60,
})

export const someSpecInput: ExperimentSpecInput = {
  name: 'Checkout',
  source: { by: 'instance', ids: ['i-0123456789abcdef0'] },
  traffic: { ports: [8080] },
  shadow: { url: 'http://shadow.internal:9000' },
  dependencies,
  window: { startAt: '2030-01-01T00:00:00Z', durationSeconds: 600 },
  budgetUsd: 5,
}
export const someSpec: ExperimentSpec = ExperimentSpec.parse(someSpecInput)
