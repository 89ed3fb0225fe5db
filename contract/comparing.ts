import * as z from 'zod'
import { ENDPOINT_PATTERNS_MAX, EndpointPattern } from './endpoint-pattern.ts'
import { Resources } from './resources.ts'

/** What the comparison of the answers has to know about the shadow. */
export const Comparing = z
  .strictObject({
    snapshotAt: z.iso
      .datetime()
      .exactOptional()
      .describe(
        'when the shadow’s data was copied from production’s: what differs because production’s is newer is drift, and ' +
          'fails nothing; left out, only what held-back writes made different is',
      ),
    warmUpSeconds: z
      .int()
      .min(0)
      .max(3_600)
      .default(10)
      .describe(
        'so much of the start, and of each stage of a ramp, is not compared: caches and pools are cold',
      ),
    endpoints: z
      .array(EndpointPattern)
      .max(ENDPOINT_PATTERNS_MAX)
      .exactOptional()
      .describe(
        'of the service, as its OpenAPI document names them; what matches none is named by its shape',
      ),
    resources: Resources.exactOptional().describe(
      'what production and shadow use, such as database operations, compared per 1,000 requests',
    ),
  })
  .meta({ id: 'Comparing' })
export type Comparing = z.output<typeof Comparing>
