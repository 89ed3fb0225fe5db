import type { Server } from 'node:http'
import type { Database } from './database.ts'

/**
 * A shadow begins an experiment with a copy of production’s data, as a team restores a snapshot before it. Here the first
 * request of an experiment that comes brings it: what was written before it was mirrored is in the copy, and what was
 * mirrored and is in it too is written again as it was.
 */
export const restoreForExperiments = (shadow: Server, database: Database, production: Database): void => {
  let last: string | undefined
  shadow.prependListener('request', ({ headers }) => {
    const experiment = headers['x-shadow-experiment']?.toString()
    if (experiment === undefined || experiment === last) return
    last = experiment
    database.restore(production)
  })
}
