import * as z from 'zod'
import { DecidedPlace } from './difference.ts'
import { ResourceName } from './resources.ts'

const percent = z.number().min(0).max(100)

const Glob = z.string().min(1).max(200)

/** Differences that say nothing: where everything that is named matches. `*` is any text. */
const Ignored = z
  .strictObject({
    endpoint: Glob.exactOptional().describe('as the comparison names it: GET /orders/{id}, or * /internal/*'),
    path: Glob.exactOptional().describe('of a difference: $.items[*].stock, a header’s name, 200>404'),
  })
  .refine(
    ({ endpoint, path }) => endpoint !== undefined || path !== undefined,
    'name an endpoint, a path, or both',
  )

/** From where on something decides, and what decides nothing. */
export const Thresholds = z
  .strictObject({
    errorPercent: percent
      .default(0.5)
      .describe(
        'more of an endpoint’s requests than this fail at the shadow (5xx, no answer) and not in production',
      ),
    differencePercent: percent
      .default(2)
      .describe(
        'more of an endpoint’s answers than this differ in one place, above what production differs from itself',
      ),
    slowerMs: z
      .number()
      .nonnegative()
      .default(10)
      .describe('p50 or p99 is longer by more than this, and by more than'),
    slowerPercent: z.number().min(0).max(1_000).default(25).describe('this share of production’s'),
    coveragePercent: percent
      .default(80)
      .describe('fewer of the requests that were sent to be compared than this were compared'),
    lossPercent: percent.default(5).describe('more of the requests seen were lost in the gateway than this'),
    rejectedPercent: percent
      .default(5)
      .describe(
        'more of what production answers 2xx is answered 401 or 403: the shadow does not know the credentials',
      ),
    minimumSamples: z
      .int()
      .min(10)
      .max(1_000_000)
      .default(50)
      .describe('an endpoint with fewer compared requests is not judged'),
    judgedPercent: percent
      .default(90)
      .describe('so many of the compared requests must be of endpoints that are judged'),
    resourcePercent: z
      .number()
      .min(0)
      .max(10_000)
      .default(25)
      .describe('the shadow uses so much more of a resource per 1,000 requests'),
    resources: z
      .array(ResourceName)
      .max(10)
      .default(['database-operations', 'outbound-calls'])
      .describe(
        'fail a release that uses more of them, and leave it open where they are named and cannot be compared; the others ' +
          'inform, since machines and pools of another size change them too',
      ),
    resourcePeriods: z
      .int()
      .min(3)
      .max(1_000)
      .default(5)
      .describe('a resource with figures of fewer periods is not judged'),
    noise: z
      .array(DecidedPlace)
      .max(500)
      .default([])
      .describe(
        'what was decided about noise before, such as in an earlier experiment; `shadowmeter noise` exports it',
      ),
    ignore: z.array(Ignored).max(100).default([]).describe('differences that say nothing'),
  })
  .meta({ id: 'Thresholds' })
export type Thresholds = z.output<typeof Thresholds>
