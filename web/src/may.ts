import { useQuery } from '@tanstack/react-query'
import { mayAct, OPERATION_ROLES } from '../../contract/permission.ts'
import { callerQuery } from './queries.ts'

/** Whether the viewer may do this; not while the API has not said who it is. It refuses whatever is shown here. */
export const useMay = (operation: keyof typeof OPERATION_ROLES): boolean => {
  const { data } = useQuery(callerQuery)
  return data !== undefined && mayAct(data.roles, OPERATION_ROLES[operation])
}
