import * as z from 'zod'

/** Apart from what is done with sketches, which the console does without a schema. */
export const Sketch = z
  .array(z.int())
  .describe('durations in seconds by logarithm: bucket, count, bucket, count …; bucket b is about 1.0202^b')
