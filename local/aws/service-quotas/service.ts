import { AwsError } from '../aws-error.ts'
import { required, string } from '../protocol/shape.ts'
import { action, type Service } from '../service.ts'
import type { State } from '../state.ts'

/** “Fargate On-Demand vCPU resource count” and its default (Amazon ECS endpoints and quotas, AWS General Reference). */
const FARGATE_VCPUS = 'L-3032A538'
const FARGATE_VCPUS_DEFAULT = 6

/**
 * AWS Service Quotas, as far as Fargate goes.
 * https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
 */
export function serviceQuotasService({ world }: State): Service {
  return {
    scope: 'servicequotas',
    json: { prefix: 'ServiceQuotasV20190624', version: '1.1' },
    actions: {
      GetServiceQuota: action(
        { ServiceCode: required(string), QuotaCode: required(string), ContextId: string },
        ({ ServiceCode, QuotaCode }) => {
          if (ServiceCode !== 'fargate' || QuotaCode !== FARGATE_VCPUS)
            throw new AwsError('NoSuchResourceException', `The local account has no quota ${QuotaCode}`)
          return {
            Quota: {
              ServiceCode,
              ServiceName: 'AWS Fargate',
              QuotaArn: `arn:aws:servicequotas:${world.region}:${world.account}:${ServiceCode}/${QuotaCode}`,
              QuotaCode,
              QuotaName: 'Fargate On-Demand vCPU resource count',
              Value: world.fargateVcpus ?? FARGATE_VCPUS_DEFAULT,
              Unit: 'None',
              Adjustable: true,
              GlobalQuota: false,
              UsageMetric: {
                MetricNamespace: 'AWS/Usage',
                MetricName: 'ResourceCount',
                MetricDimensions: {
                  Class: 'Standard/OnDemand',
                  Resource: 'vCPU',
                  Service: 'Fargate',
                  Type: 'Resource',
                },
                MetricStatisticRecommendation: 'Maximum',
              },
            },
          }
        },
        { readOnly: true },
      ),
    },
    refuse: ({ message }) => new AwsError('IllegalArgumentException', message),
  }
}
