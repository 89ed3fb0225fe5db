import type { AuditEntry } from '../../contract/audit.ts'
import type { Experiment } from '../../contract/experiment.ts'
import type { FilterRule } from '../../contract/filter-rule.ts'
import type { GatewayExperiment } from '../../contract/gateway-config.ts'
import type { Step } from './phases.ts'
import type { Life, SessionRecord } from './record.ts'

/** What a one-time schedule does when it fires. All but `call` need nothing of ours to be alive. */
export type ScheduledDeed =
  | { deed: 'delete-session'; session: string }
  | { deed: 'reject-rule'; rule: string }
  | { deed: 'gateways-to-zero' }
  | { deed: 'call'; event: 'start' | 'end'; experiment: string }

/** One AWS call, or one write to the store. Doing any of them twice does no harm. */
export type Action =
  /** Creates the schedule, or moves it when it exists. */
  | { kind: 'arm'; schedule: string; at: string; what: ScheduledDeed }
  /** Moves a rule’s lease, never creates one: a schedule that is gone has fired. */
  | { kind: 'renew'; schedule: string; at: string; rule: string }
  | { kind: 'disarm'; schedule: string }
  | { kind: 'create-filter'; generation: number; expiresAt: string }
  | { kind: 'delete-filter'; filter: string }
  /** As a rule that rejects: it mirrors nothing before its lease is armed, and then by accept-rule. */
  | {
      kind: 'create-rule'
      filter: string
      slot: number
      generation: number
      rule: FilterRule
    }
  | { kind: 'accept-rule'; rule: string }
  | { kind: 'reject-rule'; rule: string }
  /** On the experiment’s own filter, or on the parking filter when it is parked. */
  | { kind: 'create-session'; session: SessionRecord; filter: string; packetLength: number | null }
  | { kind: 'move-session'; session: string; filter: string }
  | { kind: 'delete-session'; session: string }
  | { kind: 'tag'; resources: readonly string[]; expiresAt: string }
  | { kind: 'scale'; desired: number }
  /** Deletes the pieces of older configurations: keys of pseudonyms are in them. */
  | { kind: 'forget-configurations'; before: number }
  | { kind: 'publish'; entry: GatewayExperiment | null }
  | { kind: 'write-session'; session: SessionRecord }
  | {
      kind: 'write-record'
      life?: Partial<Life>
      experiment?: Partial<Experiment>
      enter?: Step
      extend?: true
      /** The stage to go on to. */
      promote?: number
      announced?: Readonly<{ at: string; enis: number; notBefore: string }>
      /** What becomes of the probe that has found something. */
      probed?: 'passed' | 'asking'
    }
  /** Tells security teams what is about to be done; not done before the event bus has taken it. */
  | { kind: 'announce'; notBefore: string }
  | { kind: 'audit'; entry: AuditEntry }
  | { kind: 'forget-active' }

/** Whether it changes something in EC2, which limits such calls; `urgent` when it ends mirroring, or keeps it from going on. */
export const ec2Write = ({ kind }: Action): 'no' | 'yes' | 'urgent' => {
  switch (kind) {
    case 'reject-rule':
      return 'urgent'
    case 'create-filter':
    case 'create-rule':
    case 'accept-rule':
    case 'create-session':
    case 'move-session':
    case 'delete-session':
    case 'delete-filter':
      return 'yes'
    default:
      return 'no'
  }
}

/** Names an action for logs and for what failed in this run. */
export const actionName = (action: Action): string => {
  switch (action.kind) {
    case 'arm':
    case 'renew':
    case 'disarm':
      return `${action.kind} ${action.schedule}`
    case 'delete-filter':
      return `delete-filter ${action.filter}`
    case 'create-rule':
      return `create-rule ${action.slot}`
    case 'accept-rule':
    case 'reject-rule':
      return `${action.kind} ${action.rule}`
    case 'create-session':
    case 'write-session':
      return `${action.kind} ${action.session.eni}`
    case 'move-session':
    case 'delete-session':
      return `${action.kind} ${action.session}`
    case 'write-record':
      return action.enter ? `enter ${action.enter.phase}` : 'write-record'
    default:
      return action.kind
  }
}
