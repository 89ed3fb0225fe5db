import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import type { Context } from './context.ts'
import { makePlan } from './planning.ts'

export const planExperiment: Handler<Catalogue['planExperiment'], Context> = ({ body }, context) =>
  makePlan(body, context)
