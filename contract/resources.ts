import * as z from 'zod'
import { Metric } from './metric.ts'
import { RESOURCE_NAMES, type Resource, SIDES, type Side } from './resource.ts'

export const ResourceName = z.enum(RESOURCE_NAMES)
export const SideName = z.enum(SIDES)

/** Periods that CloudWatch keeps: below 60 seconds only for high-resolution metrics; 300 is basic monitoring of EC2. */
const PERIODS = [5, 10, 30, 60, 300] as const

const Figure = z.strictObject({
  resource: ResourceName,
  production: Metric,
  shadow: Metric,
  control: Metric.exactOptional().describe('what the shadow is judged against where it is named'),
})
export type Figure = z.output<typeof Figure>

/** What production, shadow and control use, compared per 1,000 served requests over the same periods. */
export const Resources = z
  .strictObject({
    periodSeconds: z
      .union(PERIODS.map((seconds) => z.literal(seconds)))
      .default(60)
      .describe('one figure of each for each period of so many seconds: 5, 10, 30, 60 or 300'),
    requests: z
      .strictObject({
        production: z
          .union([Metric, z.literal('mirrored')])
          .describe(
            'counts the requests that production’s figures are for: all that it served, such as RequestCount of its load ' +
              'balancer. mirrored: what the gateways received, right only where every request behind the figures is mirrored',
          ),
        shadow: Metric.exactOptional().describe('what the gateways sent it when left out'),
        control: Metric.exactOptional().describe('what the gateways sent it when left out'),
      })
      .describe('what figures are divided by: the requests that a side served in the same period'),
    figures: z
      .array(Figure)
      .min(1)
      .refine(
        (figures) => new Set(figures.map(({ resource }) => resource)).size === figures.length,
        'each resource is named once',
      ),
  })
  .meta({ id: 'Resources' })
export type Resources = z.output<typeof Resources>
export type ResourcesInput = z.input<typeof Resources>

/** What a resource of the shadow is judged against: today’s release under the same requests where there is one. */
export const judgedAgainst = ({ control }: Figure): 'control' | 'production' =>
  control === undefined ? 'production' : 'control'

/** Whether the control is asked for anything: then there must be one. */
export const asksControl = ({ requests, figures }: Resources): boolean =>
  requests.control !== undefined || figures.some(({ control }) => control !== undefined)

/** Metrics of CloudWatch that a look asks for: each is paid. */
export const paidMetrics = (resources: Resources): number =>
  metricsOf(resources).filter(({ metric }) => metric.from === 'cloudwatch').length

/** Every metric that a look asks for. */
export const metricsOf = ({
  requests,
  figures,
}: Resources): { of: Resource | 'requests'; side: Side; metric: Metric }[] =>
  [
    ...figures.map((figure) => ({ of: figure.resource, ...figure })),
    { of: 'requests' as const, ...requests },
  ].flatMap((figure) =>
    SIDES.flatMap((side) => {
      const metric = figure[side]
      return metric === undefined || metric === 'mirrored' ? [] : [{ of: figure.of, side, metric }]
    }),
  )
