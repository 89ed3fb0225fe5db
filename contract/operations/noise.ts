import * as z from 'zod'
import { ExperimentId } from '../experiment.ts'
import { NoiseChange, NoiseList } from '../noise.ts'
import { operation } from '../operation.ts'
import { noiseExamples } from './examples.ts'

const none = z.strictObject({})
const ById = z.strictObject({ id: ExperimentId })

export const listNoise = operation({
  id: 'listNoise',
  route: 'GET /experiments/{id}/noise',
  summary: 'List where answers differ, what was learned to be chance there, and what was decided',
  params: ById,
  query: none,
  body: z.undefined(),
  result: NoiseList,
  status: 200,
  idempotent: false,
})

export const decideNoise = operation({
  id: 'decideNoise',
  route: 'POST /experiments/{id}/noise',
  summary: 'Confirm that a difference is noise, reject what was learned about it, or go back to that',
  params: ById,
  query: none,
  body: NoiseChange,
  result: NoiseList,
  status: 200,
  idempotent: false,
  examples: noiseExamples,
})
