import type { Resource, Side } from '../../contract/resource.ts'
import { Resources } from '../../contract/resources.ts'
import { addPeriod, emptyTally, type ResourceTally } from '../../functions/experiments/resource-tally.ts'

const metric = (name: string) => ({ from: 'cloudwatch', namespace: 'Shop', name, statistic: 'Sum' }) as const

/** A spec’s resources: each side’s figures are `<side>-<resource>` of the namespace Shop. */
export const resourcesOf = (
  resources: readonly Resource[],
  { control = false, requests = {} }: { control?: boolean; requests?: object } = {},
): Resources =>
  Resources.parse({
    requests: { production: metric('production-requests'), ...requests },
    figures: resources.map((resource) => ({
      resource,
      production: metric(`production-${resource}`),
      shadow: metric(`shadow-${resource}`),
      ...(control && { control: metric(`control-${resource}`) }),
    })),
  })

type Amount = { amount: number; requests: number }

/** Added up from periods. */
export const resourceTally = (
  resource: Resource,
  against: 'production' | 'control',
  periods: readonly (Partial<Record<Side, Amount>> & { shadow: Amount })[],
): ResourceTally => periods.reduce((tally, sides) => addPeriod(tally, against, sides), emptyTally(resource))
