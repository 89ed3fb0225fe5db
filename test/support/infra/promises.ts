import { ALARM_PROMISES } from './promises/alarms.ts'
import { CONTROL_PROMISES } from './promises/control.ts'
import { DEFAULT_PROMISES } from './promises/defaults.ts'
import { GATEWAY_PROMISES } from './promises/gateways.ts'
import { RIGHTS_PROMISES } from './promises/rights.ts'
import { STORAGE_PROMISES } from './promises/storage.ts'

/** What a deployment promises, as checks that throw. Each is known to bite: mutations.test.ts breaks it. */
export const PROMISES = {
  ...DEFAULT_PROMISES,
  ...GATEWAY_PROMISES,
  ...STORAGE_PROMISES,
  ...RIGHTS_PROMISES,
  ...CONTROL_PROMISES,
  ...ALARM_PROMISES,
}
export type PromiseName = keyof typeof PROMISES
