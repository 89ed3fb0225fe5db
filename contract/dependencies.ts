import * as z from 'zod'
import { DEPENDENCY_ANSWERS, type DependencyName } from './dependency.ts'

const Dependency = z.enum(DEPENDENCY_ANSWERS)

/** Whoever starts an experiment says it of each: nothing tells from outside what a shadow is connected to. */
export const Dependencies = z
  .strictObject({
    database: Dependency,
    cache: Dependency,
    queue: Dependency,
    mail: Dependency,
    payment: Dependency,
    webhooks: Dependency,
  } satisfies Record<DependencyName, z.ZodType>)
  .meta({
    id: 'Dependencies',
    description:
      'own: the shadow has one that production does not use; stub: a stand-in that does nothing outside; none: it uses none. ' +
      'A shadow that shares one with production must not be sent to.',
  })
export type Dependencies = z.output<typeof Dependencies>
