import { balancer, targetGroup } from './load-balancer.ts'
import { control } from './schedules.ts'
import { DEPLOYMENT, PREFIX, region } from './stage.ts'

type Metric = unknown[]
const widget = (title: string, at: number, metrics: Metric[], more: object = {}) => ({
  type: 'metric',
  x: (at % 3) * 8,
  y: Math.floor(at / 3) * 6,
  width: 8,
  height: 6,
  properties: { title, region, metrics, stat: 'Sum', period: 60, view: 'timeSeries', ...more },
})
const gateways = (...names: string[]): Metric[] =>
  names.map((name) => ['Shadowmeter', name, 'Deployment', DEPLOYMENT])
/** One line per experiment: dimensions stop there. */
const perExperiment = (metric: string, stat = 'Sum'): Metric[] => [
  [
    {
      expression: `SEARCH('{Shadowmeter,Deployment,Experiment} Deployment="${DEPLOYMENT}" MetricName="${metric}"', '${stat}', 60)`,
      id: 'e',
    },
  ],
]

/** What an experiment mirrors, what is lost on the way, and whether everything that ends it works. */
export const dashboard = new aws.cloudwatch.Dashboard('Dashboard', {
  dashboardName: PREFIX,
  dashboardBody: $util
    .all([balancer.arnSuffix, targetGroup.arnSuffix, control.name])
    .apply(([loadBalancer, group, controlName]) =>
      JSON.stringify({
        widgets: [
          widget('Mirrored bytes by experiment', 0, perExperiment('MirroredBytes')),
          widget('Requests forwarded by experiment', 1, perExperiment('RequestsForwarded')),
          widget('Shadow latency p99 by experiment', 2, perExperiment('ShadowLatencyP99', 'Maximum')),
          widget('Load balancer: bytes', 3, [
            ['AWS/NetworkELB', 'ProcessedBytes_UDP', 'LoadBalancer', loadBalancer],
          ]),
          widget(
            'Lost before the gateway read it',
            4,
            gateways('KernelOverflow', 'RingFull', 'DatagramsRefused'),
          ),
          widget('Requests not forwarded by experiment', 5, [
            ...perExperiment('RequestsIncomplete'),
            [
              {
                expression: `SEARCH('{Shadowmeter,Deployment,Experiment} Deployment="${DEPLOYMENT}" MetricName="RequestsDropped"', 'Sum', 60)`,
                id: 'd',
              },
            ],
          ]),
          widget('Ticks and their failures', 6, [
            ['AWS/Lambda', 'Invocations', 'FunctionName', controlName],
            ['AWS/Lambda', 'Errors', 'FunctionName', controlName],
          ]),
          widget(
            'Healthy gateways',
            7,
            [['AWS/NetworkELB', 'HealthyHostCount', 'TargetGroup', group, 'LoadBalancer', loadBalancer]],
            { stat: 'Minimum' },
          ),
          widget('Mirrored and skipped at the sources', 8, [
            ...['NetworkMirrorIn', 'NetworkMirrorOut', 'NetworkSkipMirrorIn', 'NetworkSkipMirrorOut'].map(
              (metric, at) => [
                {
                  expression: `SELECT SUM(${metric}) FROM SCHEMA("AWS/EC2", InstanceId)`,
                  id: `q${at}`,
                  label: metric,
                  period: 300,
                },
              ],
            ),
          ]),
        ],
      }),
    ),
})
