import { AwsError } from '../aws-error.ts'
import type { Switches } from '../switches.ts'

export type MirrorKind = 'Filter' | 'FilterRule' | 'Session' | 'Target'

/** Both spellings are met: AWS's reference lists one (with its typing error for targets), tools handle the other. */
export function mirrorNotFound(switches: Switches, kind: MirrorKind, id: string): AwsError {
  const documented =
    kind === 'Target' ? 'InvalidTrafficMirrorTargetNoFound' : `InvalidTrafficMirror${kind}NotFound`
  const code =
    switches.notFoundSpelling === 'documented' ? documented : `InvalidTrafficMirror${kind}Id.NotFound`
  return new AwsError(code, `The traffic mirror ${kind} '${id}' does not exist`)
}

export const invalidValue = (parameter: string, value: unknown, wanted: string): AwsError =>
  new AwsError(
    'InvalidParameterValue',
    `Value (${String(value)}) for parameter ${parameter} is invalid. ${wanted}.`,
  )

export const invalidCombination = (message: string): AwsError =>
  new AwsError('InvalidParameterCombination', message)

export const interfaceNotFound = (id: string): AwsError =>
  new AwsError('InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${id}' does not exist`)

export const ruleNotFound = (id: string): AwsError =>
  new AwsError('InvalidSecurityGroupRuleId.NotFound', `The security group rule ID '${id}' does not exist`)

export const flowLogNotFound = (id: string): AwsError =>
  new AwsError('InvalidFlowLogId.NotFound', `The flow log ID '${id}' does not exist`)

/** EC2 answers a dry run that would have succeeded with this error. */
export const dryRunOperation = (): AwsError =>
  new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412)
