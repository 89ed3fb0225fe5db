import type { Dependencies } from '../../contract/dependencies.ts'

/** What the shadow of a test is said to use. */
export const dependencies: Dependencies = {
  database: 'own',
  cache: 'none',
  queue: 'none',
  mail: 'stub',
  payment: 'stub',
  webhooks: 'none',
}
