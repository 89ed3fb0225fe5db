import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import type { Source } from '../../contract/source.ts'
import type { Config } from '../config.ts'
import { wrongField } from '../errors.ts'
import type { Context } from './context.ts'
import { pageOf } from './page.ts'

export const listSources: Handler<Catalogue['listSources'], Context> = async ({ query }, { plane }) => {
  const [{ listInterfaces }, { clients }] = await Promise.all([import('../mirror/sources.ts'), plane()])
  return listInterfaces(clients.ec2, query)
}

export const previewSource: Handler<Catalogue['previewSource'], Context> = async (
  { body: { source }, query },
  { plane },
) => {
  const [{ resolveSource }, { clients, config }] = await Promise.all([
    import('../mirror/sources.ts'),
    plane(),
  ])
  refuseForeign(source, config)
  const { sources, excluded, missing } = await resolveSource(clients, source)
  const enis = [
    ...sources.map((one) => ({ ...one, excluded: null })),
    ...excluded.map(({ source: one, why }) => ({ ...one, excluded: why })),
  ]
  const page = pageOf(enis, ({ eni }) => eni, query)
  const supported = sources.filter(({ verdict }) => verdict === 'supported').length
  return {
    enis: page.items,
    found: { meant: sources.length, supported, excluded: excluded.length },
    missing,
    nextToken: page.nextToken,
  }
}

/** A mirror session can be created only by the owner of the ENI or of its subnet (traffic mirroring guide). */
export const refuseForeign = ({ account }: Source, { loadBalancer }: Config): void => {
  const own = loadBalancer.split(':')[4]
  if (account !== undefined && account !== own)
    throw wrongField(
      'body.source.account',
      `This deployment mirrors interfaces of its own account, ${own}; deploy Shadowmeter in ${account} for those`,
    )
}
