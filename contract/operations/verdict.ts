import * as z from 'zod'
import { Comparison } from '../comparison.ts'
import { ExperimentId } from '../experiment.ts'
import { operation } from '../operation.ts'
import { Verdict } from '../verdict.ts'

const none = z.strictObject({})
const ById = z.strictObject({ id: ExperimentId })

export const getVerdict = operation({
  id: 'getVerdict',
  route: 'GET /experiments/{id}/verdict',
  summary:
    'Read whether the release is safe, as far as the traffic so far can tell, with reasons and numbers',
  params: ById,
  query: none,
  body: z.undefined(),
  result: Verdict,
  status: 200,
  idempotent: false,
})

export const getComparison = operation({
  id: 'getComparison',
  route: 'GET /experiments/{id}/comparison',
  summary: 'Read what comparing found: endpoints, differences, latencies, samples',
  params: ById,
  query: none,
  body: z.undefined(),
  result: Comparison,
  status: 200,
  idempotent: false,
})
