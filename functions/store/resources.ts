import { resourcesKey } from '../../contract/table.ts'
import { ResourceState } from '../experiments/resource-periods.ts'
import { deleteItem, getItem, putItem, type Table } from './table.ts'

export const readResources = async (table: Table, experiment: string): Promise<ResourceState> => {
  const item = await getItem(table, resourcesKey(experiment))
  return item ? ResourceState.parse(item.state) : { counted: [], through: null, tallies: [] }
}

/** In one write what was added and until when: a crash before it adds nothing, one after it nothing twice. */
export const writeResources = async (
  table: Table,
  experiment: string,
  state: ResourceState,
): Promise<void> => {
  await putItem(table, resourcesKey(experiment), { state })
}

export const forgetResources = (table: Table, experiment: string): Promise<void> =>
  deleteItem(table, resourcesKey(experiment))
