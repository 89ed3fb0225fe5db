import * as z from 'zod'
import { Approvable } from '../contract/approval.ts'
import { type AllowedShadows, AllowedShadowsText } from '../contract/destination.ts'
import { RoleMembers } from '../contract/role.ts'
import { GATEWAY_SIZE, type GatewaySize } from './cost/usage.ts'

const name = z.string().min(1)

const Environment = z
  .object({
    AWS_REGION: name,
    SHADOWMETER_DEPLOYMENT: name.max(256).describe('app/stage: whose AWS resources are ours'),
    SHADOWMETER_TABLE: name,
    SHADOWMETER_CLUSTER: name,
    SHADOWMETER_SERVICE: name,
    SHADOWMETER_MIRROR_TARGET: z.string().regex(/^tmt-[0-9a-f]{8,17}$/),
    SHADOWMETER_PARKING_FILTER: z
      .string()
      .regex(/^tmf-[0-9a-f]{8,17}$/)
      .describe('a mirror filter of the deployment that never has a rule: sessions that join are made on it'),
    SHADOWMETER_TARGET_GROUP_ARN: name,
    SHADOWMETER_LOAD_BALANCER_ARN: name,
    SHADOWMETER_SCHEDULE_GROUP: name.max(64),
    SHADOWMETER_SCHEDULE_ROLE_ARN: name,
    SHADOWMETER_DEAD_LETTERS_ARN: name
      .optional()
      .describe('queue for what a schedule could not do, such as deleting what is gone already'),
    SHADOWMETER_CONTROL_FUNCTION_ARN: name.describe(
      'what schedules call at the start and the end of a window',
    ),
    SHADOWMETER_EVENT_BUS: name
      .optional()
      .describe('EventBridge bus that gets notices; without it there are none'),
    SHADOWMETER_PRE_NOTICE_MINUTES: z.coerce
      .number()
      .min(0)
      .max(1440)
      .default(0)
      .describe(
        'from the pre-notice on the event bus to the first mirror session; 0: there is no pre-notice',
      ),
    SHADOWMETER_EVIDENCE_BUCKET: name
      .optional()
      .describe('S3 bucket for the evidence packages of ended experiments; without it none is stored'),
    SHADOWMETER_EVIDENCE_DAYS: z.coerce
      .number()
      .int()
      .min(1)
      .default(400)
      .describe('for how long after its end the evidence of an experiment is kept'),
    SHADOWMETER_RECORDS_BUCKET: name
      .optional()
      .describe('S3 bucket that gateways put records into; without it no experiment records'),
    SHADOWMETER_RECORDS_DAYS: z.coerce
      .number()
      .positive()
      .max(3_650)
      .default(7)
      .describe('for how long records are kept'),
    SHADOWMETER_SHADOWS: AllowedShadowsText,
    SHADOWMETER_PROMETHEUS: AllowedShadowsText.optional().describe(
      'where Prometheus servers that specs name may be; without it nowhere',
    ),
    SHADOWMETER_FLOW_LOG_GROUPS: z
      .string()
      .default('')
      .transform((text) => text.split(',').filter((one) => one !== ''))
      .describe('log groups in which plans may read the sources’ VPC flow logs'),
    SHADOWMETER_GATEWAYS_MAX: z.coerce
      .number()
      .int()
      .min(1)
      .max(500)
      .default(100)
      .describe('gateway tasks that may run at once, those that are being replaced not counted'),
    SHADOWMETER_GATEWAY_VCPUS: z.coerce.number().positive().default(GATEWAY_SIZE.vcpus),
    SHADOWMETER_GATEWAY_MEMORY_GB: z.coerce.number().positive().default(GATEWAY_SIZE.memoryGb),
    SHADOWMETER_ROLES: z
      .string()
      .transform((text, context) => {
        try {
          return RoleMembers.parse(JSON.parse(text))
        } catch (error) {
          context.addIssue({ code: 'custom', message: `is not who has which role: ${error}` })
          return z.NEVER
        }
      })
      .optional(),
    SHADOWMETER_FOUR_EYES: z
      .string()
      .default('')
      .transform((text) => text.split(',').filter((one) => one !== ''))
      .pipe(z.array(Approvable))
      .describe('what a second person has to approve'),
    SHADOWMETER_TICK_SECONDS: z.coerce.number().positive().max(300).default(60),
  })
  .refine(
    ({ SHADOWMETER_PRE_NOTICE_MINUTES: minutes, SHADOWMETER_EVENT_BUS: bus }) =>
      minutes === 0 || bus !== undefined,
    {
      path: ['SHADOWMETER_EVENT_BUS'],
      message: 'names the bus that a pre-notice goes to: without it nothing could ever start',
    },
  )

/** What the control plane is told about its surroundings. The SDK’s own variables are not repeated here. */
export type Config = Readonly<{
  region: string
  deployment: string
  table: string
  cluster: string
  service: string
  mirrorTarget: string
  parkingFilter: string
  targetGroup: string
  loadBalancer: string
  scheduleGroup: string
  scheduleRole: string
  deadLetters: string | null
  /** EventBridge bus for notices; null: nobody is told. */
  eventBus: string | null
  /** From a pre-notice to the first mirror session; 0: there is none. */
  preNoticeMinutes: number
  /** S3 bucket for evidence packages; null: none is stored. */
  evidenceBucket: string | null
  evidenceDays: number
  /** S3 bucket for records; null: nothing is recorded. */
  recordsBucket: string | null
  /** For how long records are kept, in milliseconds. */
  recordsMs: number
  controlFunction: string
  /** Where experiments may send requests to. */
  allowed: AllowedShadows
  /** Where Prometheus servers may be asked; null: nowhere. */
  prometheus: AllowedShadows | null
  /** Log groups with VPC flow logs that plans may read. */
  flowLogGroups: readonly string[]
  gatewaysMax: number
  /** Of one gateway task. */
  gatewaySize: GatewaySize
  /** Null: nobody is named. */
  roles: RoleMembers | null
  /** What a second person has to approve. */
  fourEyes: readonly Approvable[]
  tickSeconds: number
}>

/** @throws ZodError that names every variable which is missing or wrong */
export const readConfig = (environment: Readonly<Record<string, string | undefined>>): Config => {
  const read = Environment.parse(environment)
  return {
    region: read.AWS_REGION,
    deployment: read.SHADOWMETER_DEPLOYMENT,
    table: read.SHADOWMETER_TABLE,
    cluster: read.SHADOWMETER_CLUSTER,
    service: read.SHADOWMETER_SERVICE,
    mirrorTarget: read.SHADOWMETER_MIRROR_TARGET,
    parkingFilter: read.SHADOWMETER_PARKING_FILTER,
    targetGroup: read.SHADOWMETER_TARGET_GROUP_ARN,
    loadBalancer: read.SHADOWMETER_LOAD_BALANCER_ARN,
    scheduleGroup: read.SHADOWMETER_SCHEDULE_GROUP,
    scheduleRole: read.SHADOWMETER_SCHEDULE_ROLE_ARN,
    deadLetters: read.SHADOWMETER_DEAD_LETTERS_ARN ?? null,
    eventBus: read.SHADOWMETER_EVENT_BUS ?? null,
    preNoticeMinutes: read.SHADOWMETER_PRE_NOTICE_MINUTES,
    evidenceBucket: read.SHADOWMETER_EVIDENCE_BUCKET ?? null,
    evidenceDays: read.SHADOWMETER_EVIDENCE_DAYS,
    recordsBucket: read.SHADOWMETER_RECORDS_BUCKET ?? null,
    recordsMs: read.SHADOWMETER_RECORDS_DAYS * 86_400_000,
    controlFunction: read.SHADOWMETER_CONTROL_FUNCTION_ARN,
    allowed: read.SHADOWMETER_SHADOWS,
    prometheus: read.SHADOWMETER_PROMETHEUS ?? null,
    flowLogGroups: read.SHADOWMETER_FLOW_LOG_GROUPS,
    gatewaysMax: read.SHADOWMETER_GATEWAYS_MAX,
    gatewaySize: {
      vcpus: read.SHADOWMETER_GATEWAY_VCPUS,
      memoryGb: read.SHADOWMETER_GATEWAY_MEMORY_GB,
    },
    roles: read.SHADOWMETER_ROLES ?? null,
    fourEyes: read.SHADOWMETER_FOUR_EYES,
    tickSeconds: read.SHADOWMETER_TICK_SECONDS,
  }
}
