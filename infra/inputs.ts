import * as z from 'zod'

/** 10.0.0.0/16; host bits may be set, AWS ignores them. */
const Cidr = z.string().refine(isCidr, 'is an IPv4 range like 10.0.0.0/16 (one address: 10.0.9.20/32)')
const id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `is an id like ${prefix}-0123456789abcdef0`)
const Port = z.number().int().min(1).max(65_535)
const HttpsUrl = z.url({ protocol: /^https$/, error: 'is an address that begins with https://' })

/** Groups of the OIDC provider, and IAM roles and users. */
const members = z
  .array(
    z
      .string()
      .regex(
        /^(arn:aws[\w-]*:iam::\d{12}:(role|user)\/[\w+=,.@/-]+|(?!arn:)[^\s,[\]]{1,128})$/,
        'is a group’s name without spaces, or an ARN like arn:aws:iam::111122223333:role/pipeline',
      ),
  )
  .default([])

/** The endpoints a gateway needs to reach AWS without a NAT gateway. */
export const ENDPOINTS = ['dynamodb', 's3', 'ecr.api', 'ecr.dkr', 'logs', 'ssm'] as const
export type Endpoint = (typeof ENDPOINTS)[number]

const NewNetwork = z.strictObject({
  cidr: Cidr.refine(
    (cidr) => isCidr(cidr) && Number(cidr.split('/')[1]) >= 16 && Number(cidr.split('/')[1]) <= 22,
    'is from /16, as large as a VPC can be, to /22, of which every subnet has an eighth',
  )
    .default('10.90.0.0/16')
    .describe('of the new VPC; must not overlap with what it is peered with'),
  zones: z.number().int().min(1).max(4).default(2),
})
const ExistingNetwork = z.strictObject({
  vpc: id('vpc'),
  subnets: z.array(id('subnet')).min(1, 'names at least one subnet, one per Availability Zone'),
  routeTables: z
    .array(id('rtb'))
    .default([])
    .describe('of these subnets: the gateway endpoints of DynamoDB and S3 are entered there'),
  endpointsPresent: z
    .array(z.enum(ENDPOINTS))
    .default([])
    .describe('endpoints that the VPC has already; they are not created again'),
})

/** Every key of deployment.json; docs/deploy.md has one row for each. */
export const Settings = z.strictObject({
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'is a Region like eu-west-1'),
  network: z.union([ExistingNetwork, NewNetwork]).prefault({}),
  endpointZones: z
    .enum(['one', 'every'])
    .optional()
    .describe('interface endpoints in one Availability Zone, or in every one (the default in production)'),
  sourceVpcs: z
    .array(id('vpc'))
    .default([])
    .describe('VPCs whose network interfaces may be mirrored; the gateways’ own when empty'),
  sourceCidrs: z
    .array(Cidr)
    .default([])
    .describe('where mirrored packets may come from; the gateways’ own VPC when empty'),
  shadows: z
    .array(z.strictObject({ cidr: Cidr, ports: z.array(Port).min(1) }))
    .min(1, 'names at least one range that gateways may send requests to'),
  shadowHosts: z
    .array(z.string().regex(/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*$/i, 'is a name, or *.name for all below it'))
    .default([])
    .describe('names that specs may give; any name that leads into the ranges when empty'),
  prometheus: z
    .array(z.strictObject({ cidr: Cidr, ports: z.array(Port).min(1) }))
    .default([])
    .describe('where the control plane may ask Prometheus servers that specs name; nowhere when empty'),
  flowLogGroups: z
    .array(z.string().regex(/^[\w./#-]{1,512}$/, 'is the name of a log group like /vpc/flow-logs'))
    .default([])
    .describe('log groups in which plans may read the sources’ VPC flow logs; none when empty'),
  crossZone: z
    .boolean()
    .default(false)
    .describe('whether the load balancer hands packets to gateways of other zones; costs $0.01 per GB twice'),
  gateway: z
    .strictObject({
      vcpu: z.literal([1, 2, 4]).default(1),
      memoryGb: z.literal([2, 4, 8]).default(2),
    })
    .prefault({})
    .refine(
      ({ vcpu, memoryGb }) => memoryGb >= 2 * vcpu,
      'memoryGb is at least twice vcpu: Fargate has no other sizes',
    ),
  gatewaysMax: z
    .int()
    .min(1)
    .max(500)
    .default(100)
    .describe('gateway tasks that may run at once, those that are being replaced not counted'),
  shadowSecrets: z
    .array(z.string().regex(/^[a-z0-9]+([/-][a-z0-9]+)*$/, 'is a name like orders/shadow-token'))
    .default([])
    .describe('secrets that specs may name; their values are set with sst secret set'),
  people: z
    .strictObject({
      issuer: HttpsUrl,
      clientId: z.string().min(1),
      authorizationEndpoint: HttpsUrl,
      tokenEndpoint: HttpsUrl,
      signOutEndpoint: HttpsUrl.optional().describe(
        'the provider’s end_session_endpoint, or Cognito’s /logout; without it nobody signs out of the console',
      ),
      scope: z.string().default('openid email'),
    })
    .optional()
    .describe('OIDC provider of the console’s users; without it there is no console'),
  roles: z
    .strictObject({
      claim: z.string().min(1).default('groups').describe('the claim of a token that names groups'),
      viewer: members,
      operator: members,
      approver: members,
      admin: members,
    })
    .optional()
    .describe('who may do what; without it whoever IAM lets call the API may do all, and people may look'),
  fourEyes: z
    .array(z.enum(['mirroring', 'writes', 'redaction', 'extending']))
    .default([])
    .describe('what a second person, an approver, has to approve'),
  alarms: z
    .strictObject({
      email: z.array(z.email()).default([]),
      sourceMetrics: z
        .boolean()
        .default(true)
        .describe('alarms over the sources’ own metrics; $0.10 a month per metric they look at'),
    })
    .prefault({}),
  notices: z
    .strictObject({
      email: z.array(z.email()).default([]),
      preNoticeMinutes: z
        .int()
        .min(0)
        .max(1440)
        .default(0)
        .describe('from the pre-notice to the first mirror session of each experiment; 0: there is none'),
    })
    .optional()
    .describe('an SNS topic for starts, stages, aborts and ends of experiments, and for pre-notices'),
  evidenceDays: z
    .number()
    .int()
    .min(1)
    .default(400)
    .describe('for how long evidence packages are kept; a year and what a review takes'),
  recordsDays: z
    .number()
    .int()
    .min(1)
    .max(365)
    .default(7)
    .describe('for how long records of forwarded requests are kept'),
  monthlyBudgetUsd: z.number().positive().optional().describe('AWS Budgets warns at 80 % and by forecast'),
  tags: z.record(z.string().max(128), z.string().max(256)).default({}),
})

export type Inputs = z.output<typeof Settings>
export type ExistingNetwork = z.output<typeof ExistingNetwork>

const RESERVED_TAGS = ['managed-by', 'deployment', 'experiment-id', 'expires-at', 'owner']

/**
 * What deployment.json says about one stage: its `stages` entry takes the place of the common values, key by key.
 * @throws Error that names every key which is missing, unknown or wrong
 */
export const readInputs = (file: unknown, stage: string): Inputs => {
  const problems: string[] = []
  if (!/^[a-z0-9][a-z0-9-]{0,19}$/.test(stage))
    problems.push(`the stage '${stage}': is up to 20 small letters, digits and hyphens`)
  const { stages = {}, ...common } = z
    .looseObject({ stages: z.record(z.string(), z.looseObject({})).optional() })
    .parse(file)
  const parsed = Settings.safeParse({ ...common, ...stages[stage] })
  if (!parsed.success) problems.push(...parsed.error.issues.map(inWords))
  else problems.push(...inconsistencies(parsed.data))
  if (problems.length > 0 || !parsed.success)
    throw new Error(
      `deployment.json is not right for stage ${stage}:\n${problems.map((line) => `- ${line}`).join('\n')}`,
    )
  return parsed.data
}

const inWords = ({ path, message }: z.core.$ZodIssue): string =>
  `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`

const inconsistencies = ({ network, tags, shadows, prometheus, people, roles }: Inputs): string[] => [
  ...(people && !roles
    ? ['roles: says which groups of the people may do what; nobody could start anything']
    : []),
  ...Object.keys(tags)
    .filter((key) => RESERVED_TAGS.includes(key) || key.startsWith('aws:'))
    .map((key) => `tags.${key}: is a tag that Shadowmeter or AWS sets itself`),
  ...('vpc' in network && new Set(network.subnets).size < network.subnets.length
    ? ['network.subnets: names a subnet twice']
    : []),
  ...('vpc' in network &&
  network.routeTables.length === 0 &&
  !(['dynamodb', 's3'] as const).every((endpoint) => network.endpointsPresent.includes(endpoint))
    ? ['network.routeTables: names the subnets’ route tables, unless endpointsPresent has dynamodb and s3']
    : []),
  ...tooWide('shadows', shadows, 'your shadow'),
  ...tooWide('prometheus', prometheus, 'your Prometheus servers'),
]

const tooWide = (key: string, ranges: readonly { cidr: string }[], whose: string): string[] => [
  ...ranges
    .filter(({ cidr }) => cidr.endsWith('/0'))
    .map(({ cidr }) => `${key}: ${cidr} is everything; name the ranges of ${whose}`),
  ...ranges
    .filter(({ cidr }) => /^(0|127|169\.254|22[4-9]|2[345]\d)\./.test(cidr))
    .map(
      ({ cidr }) => `${key}: ${cidr} is no range of ${whose}: loopback, link-local and multicast are refused`,
    ),
]

function isCidr(text: string): boolean {
  const [, address = '', length = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? []
  const bytes = address.split('.')
  return (
    bytes.length === 4 &&
    bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) < 256) &&
    Number(length) <= 32
  )
}
