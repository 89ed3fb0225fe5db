import { AwsError } from '../aws-error.ts'
import type { CallLog } from '../call-log.ts'
import type { Service } from '../service.ts'
import type { State } from '../state.ts'
import { flowLogActions } from './flow-logs.ts'
import { instanceActions } from './instances.ts'
import { mirrorFilterActions } from './mirror-filters.ts'
import { mirrorRuleActions } from './mirror-rules.ts'
import { mirrorSessionActions } from './mirror-sessions.ts'
import { mirrorTargetActions } from './mirror-targets.ts'
import { networkActions } from './network.ts'
import { networkInterfaceActions } from './network-interfaces.ts'
import { securityGroupActions } from './security-groups.ts'
import { tagActions } from './tags.ts'
import { throttle } from './throttle.ts'

/** Amazon EC2: traffic mirroring, and as much of instances and networks as decides about it. */
export function ec2Service(state: State, log: CallLog): Service {
  return {
    scope: 'ec2',
    query: { namespace: 'http://ec2.amazonaws.com/doc/2016-11-15/', version: '2016-11-15', dialect: 'ec2' },
    actions: {
      ...mirrorFilterActions(state),
      ...mirrorRuleActions(state),
      ...mirrorSessionActions(state),
      ...mirrorTargetActions(state),
      ...networkInterfaceActions(state),
      ...instanceActions(state, log),
      ...networkActions(state),
      ...securityGroupActions(state),
      ...flowLogActions(state),
      ...tagActions(state),
    },
    refuse({ problem, message }) {
      const codes = {
        missing: 'MissingParameter',
        invalid: 'InvalidParameterValue',
        unknown: 'UnknownParameter',
      }
      return new AwsError(codes[problem], message)
    },
    admit: throttle(state),
  }
}
