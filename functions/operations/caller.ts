import type { Catalogue } from '../../contract/catalogue.ts'
import type { Handler } from '../../contract/operation.ts'
import type { Context } from './context.ts'

export const getCaller: Handler<Catalogue['getCaller'], Context> = async (_input, { caller, roles }) => ({
  who: caller,
  roles: [...roles],
})
