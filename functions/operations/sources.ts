import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import type { Context } from './context.ts'

export const listSources: Handler<Catalogue['listSources'], Context> = async ({ query }, { plane }) => {
  const [{ listInterfaces }, { clients }] = await Promise.all([import('../mirror/sources.ts'), plane()])
  return listInterfaces(clients.ec2, query)
}
