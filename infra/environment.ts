import { cluster, service } from './gateway.ts'
import { balancer, targetGroup } from './load-balancer.ts'
import { mirrorTarget, parkingFilter } from './mirror.ts'
import { records } from './records.ts'
import { controlArn, deadLetters, scheduleGroup, scheduleRole } from './schedule-group.ts'
import { allowedShadows, DEPLOYMENT, inputs } from './stage.ts'
import { evidence } from './storage.ts'
import { table } from './table.ts'

/** How often the control plane looks after its experiments. */
export const TICK_SECONDS = 60

/** What functions/config.ts reads. Names and ARNs only: nothing secret is told this way. */
export const environment = {
  SHADOWMETER_DEPLOYMENT: DEPLOYMENT,
  SHADOWMETER_TABLE: table.name,
  SHADOWMETER_CLUSTER: cluster.nodes.cluster.name,
  SHADOWMETER_SERVICE: service.name,
  SHADOWMETER_MIRROR_TARGET: mirrorTarget.id,
  SHADOWMETER_PARKING_FILTER: parkingFilter.id,
  SHADOWMETER_TARGET_GROUP_ARN: targetGroup.arn,
  SHADOWMETER_LOAD_BALANCER_ARN: balancer.arn,
  SHADOWMETER_SCHEDULE_GROUP: scheduleGroup.name,
  SHADOWMETER_SCHEDULE_ROLE_ARN: scheduleRole.arn,
  SHADOWMETER_DEAD_LETTERS_ARN: deadLetters.arn,
  SHADOWMETER_CONTROL_FUNCTION_ARN: controlArn,
  SHADOWMETER_EVIDENCE_BUCKET: evidence.bucket,
  SHADOWMETER_EVIDENCE_DAYS: `${inputs.evidenceDays}`,
  SHADOWMETER_RECORDS_BUCKET: records.bucket,
  SHADOWMETER_RECORDS_DAYS: `${inputs.recordsDays}`,
  SHADOWMETER_EVENT_BUS: 'default',
  SHADOWMETER_PRE_NOTICE_MINUTES: `${inputs.notices?.preNoticeMinutes ?? 0}`,
  SHADOWMETER_SHADOWS: allowedShadows,
  ...(inputs.prometheus.length > 0 && {
    SHADOWMETER_PROMETHEUS: JSON.stringify({ ranges: inputs.prometheus, hosts: [] }),
  }),
  ...(inputs.flowLogGroups.length > 0 && {
    SHADOWMETER_FLOW_LOG_GROUPS: inputs.flowLogGroups.join(','),
  }),
  SHADOWMETER_GATEWAYS_MAX: `${inputs.gatewaysMax}`,
  SHADOWMETER_GATEWAY_VCPUS: `${inputs.gateway.vcpu}`,
  SHADOWMETER_GATEWAY_MEMORY_GB: `${inputs.gateway.memoryGb}`,
  ...(inputs.roles && { SHADOWMETER_ROLES: JSON.stringify(inputs.roles) }),
  SHADOWMETER_FOUR_EYES: inputs.fourEyes.join(','),
  SHADOWMETER_TICK_SECONDS: `${TICK_SECONDS}`,
}
