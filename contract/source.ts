import * as z from 'zod'

const id = (prefix: string, what: string) =>
  z.string().regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `${what} looks like ${prefix}-0123456789abcdef0`)

export const EniId = id('eni', 'an ENI id')
const InstanceId = id('i', 'an instance id')
const SubnetId = id('subnet', 'a subnet id')
const VpcId = id('vpc', 'a VPC id')
const Tags = z
  .record(z.string().min(1).max(127), z.string().max(256))
  .refine((tags) => Object.keys(tags).length > 0, 'name at least one tag')

const many = <T extends z.ZodType>(one: T) => z.array(one).min(1).max(1000)
/** A filter of EC2’s Describe calls takes 200 values. */
const scope = <T extends z.ZodType>(one: T) => z.array(one).min(1).max(200).exactOptional()

/** What every kind of source may add. */
const narrowing = {
  account: z
    .string()
    .regex(/^\d{12}$/, 'an account id has 12 digits')
    .exactOptional()
    .describe('the account that owns the interfaces; only the deployment’s own can be mirrored'),
  vpcs: scope(VpcId).describe('only interfaces in these VPCs'),
  subnets: scope(SubnetId).describe('only interfaces in these subnets'),
  exclude: z
    .strictObject({
      enis: many(EniId).exactOptional(),
      instances: many(InstanceId).exactOptional(),
      tags: Tags.exactOptional().describe('with any of these tags, its own or its instance’s'),
    })
    .refine((one) => Object.keys(one).length > 0, 'name interfaces, instances or tags to leave out')
    .exactOptional()
    .describe('never mirrored, whatever else finds them'),
}

const interfaces = z
  .enum(['primary', 'all'])
  .exactOptional()
  .describe('primary (when left out): the first interface of each instance; all: the secondary ones too')

/** An ECS cluster or service: its name or its ARN. */
const EcsName = z.string().min(1).max(512)

/** What is mirrored. However it is named, it is always resolved to elastic network interfaces (ENIs). */
export const Source = z
  .discriminatedUnion('by', [
    z.strictObject({ by: z.literal('eni'), ids: many(EniId), ...narrowing }),
    z.strictObject({ by: z.literal('instance'), ids: many(InstanceId), interfaces, ...narrowing }),
    z.strictObject({
      by: z.literal('tag'),
      match: z.enum(['all', 'any']).describe('all: an instance must carry every tag; any: at least one'),
      tags: Tags,
      interfaces,
      ...narrowing,
    }),
    z.strictObject({
      by: z.literal('auto-scaling-group'),
      names: many(z.string().min(1).max(255)).describe('its instances that are in service'),
      interfaces,
      ...narrowing,
    }),
    z.strictObject({
      by: z.literal('ecs-service'),
      cluster: EcsName,
      services: many(EcsName).describe(
        'the interfaces of their running tasks; without any of their own (bridge, host), those of the instances they run on',
      ),
      ...narrowing,
    }),
    z.strictObject({
      by: z.literal('database'),
      service: z
        .enum(['rds', 'elasticache'])
        .describe('all interfaces of this service: name VPCs or subnets'),
      ...narrowing,
    }),
    z.strictObject({
      by: z.literal('load-balancer'),
      names: many(z.string().min(1).max(32)).describe(
        'application load balancers, their leg to the targets only; AWS does not document it: see accept',
      ),
      ...narrowing,
    }),
  ])
  .superRefine((source, context) => {
    const excluded: readonly string[] =
      (source.by === 'eni' && source.exclude?.enis) ||
      (source.by === 'instance' && source.exclude?.instances) ||
      []
    const both = 'ids' in source && source.ids.find((one) => excluded.includes(one))
    if (both)
      context.addIssue({
        code: 'custom',
        path: ['exclude'],
        message: `${both} is both named and excluded`,
      })
  })
  .meta({ id: 'Source' })
export type Source = z.output<typeof Source>
export type SourceBy = Source['by']

/** What is named one by one must all be there and fit; of what a search finds, whatever fits is taken. */
export const isNamed = ({ by }: Source): boolean => by === 'eni' || by === 'instance'

export const EniVerdict = z.enum(['supported', 'unsupported', 'unknown', 'undocumented'])
export type EniVerdict = z.output<typeof EniVerdict>

/** One ENI that a source resolves to, and whether it can be mirrored. */
export const SourceEni = z
  .strictObject({
    eni: EniId,
    address: z
      .string()
      .describe('primary private IP address: the outer source address of its mirrored packets'),
    mac: z.string(),
    instance: z.string().nullable(),
    instanceType: z.string().nullable(),
    name: z.string().nullable().describe('the Name tag of the instance'),
    availabilityZone: z.string(),
    vpc: z.string(),
    subnet: z.string(),
    verdict: EniVerdict,
    reason: z.string().describe('one sentence: why this verdict'),
    tags: z.record(z.string(), z.string()),
  })
  .meta({ id: 'SourceEni' })
export type SourceEni = z.output<typeof SourceEni>

/** One ENI of a source as a preview shows it: with what the source leaves out, and why. */
export const PreviewedEni = SourceEni.extend({
  excluded: z
    .string()
    .nullable()
    .describe('one sentence: by what the source leaves it out; null when it does not'),
}).meta({ id: 'PreviewedEni' })
export type PreviewedEni = z.output<typeof PreviewedEni>
