import { fleetKey } from '../../contract/table.ts'
import { Fleet, NEW_FLEET } from '../experiments/fleet.ts'
import { getItem, putItem, type Table } from './table.ts'

export const readFleet = async (table: Table): Promise<Fleet> => {
  const item = await getItem(table, fleetKey)
  return item ? Fleet.parse(item) : NEW_FLEET
}

/** Null when somebody else changed it since it was read. */
export const updateFleet = async (table: Table, changed: Fleet): Promise<Fleet | null> => {
  const next = { ...changed, version: changed.version + 1 }
  const stored = await putItem(table, fleetKey, next, {
    expression: 'attribute_not_exists(pk) OR #version = :version',
    names: { '#version': 'version' },
    values: { ':version': changed.version },
  })
  return stored ? next : null
}
