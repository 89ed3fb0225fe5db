/**
 * What no source settles about AWS, as named choices. Whoever depends on one of these depends on a guess: the proofs
 * about life and money run under each value.
 */
export type Switches = {
  /** EC2: how an unknown mirror resource is spelled. Documented: InvalidTrafficMirrorSessionNotFound; observed: InvalidTrafficMirrorSessionId.NotFound. */
  notFoundSpelling: 'documented' | 'observed'
  /** EC2: a ClientToken used again with the same parameters after its resource was deleted: the first answer again (and nothing exists), a new resource, or IdempotentParameterMismatch. */
  tokenAfterDelete: 'original' | 'recreate' | 'mismatch'
  /** EC2: hours for which a ClientToken is remembered. */
  tokenLifetimeHours: number
  /** EC2: highest RuleNumber of a mirror filter rule. */
  ruleNumberMax: number
  /** EC2: whether a Modify of a rule that sets a port range must send the protocol again (Terraform's provider found so). */
  modifyPortsNeedsProtocol: boolean
  /** EC2: smallest PacketLength (the API model says 1, the guide 35 for IPv4 and 55 for IPv6). */
  packetLengthMin: number
  /** EC2: highest VirtualNetworkId (Terraform allows 16777216). */
  virtualNetworkIdMax: number
  /** EC2: whether VirtualNetworkId 0 may be asked for. */
  virtualNetworkIdZero: 'refused' | 'accepted'
  /** EC2: a `tag:` or `tag-key` filter on the Describe calls of mirroring, which documents none: InvalidParameterValue, no effect, or as elsewhere in EC2. */
  mirrorTagFilter: 'refused' | 'ignored' | 'honoured'
  /** EC2: deleting a rule of a filter that sessions use. */
  deleteRuleInUse: 'allowed' | 'refused'
  /** EC2: whether DryRun of CreateTrafficMirrorSession looks at the interface, or at permissions only. */
  dryRunChecksEligibility: boolean
  /** EC2: error code for an interface whose instance type cannot be mirrored. */
  unsupportedInstanceTypeCode: string
  /** EC2: error code for a requester-managed interface or one of another type than `interface`. */
  unsupportedInterfaceCode: string
  /** EC2: error code for a session number already used on the interface. */
  duplicateSessionNumberCode: string
  /** EC2: a mirror session on a Fargate task's interface (the guide excludes it, a maintained tool does it). */
  fargateSource: 'refused' | 'accepted'
  /** EC2: a mirror session on a load balancer's interface (the guide excludes it, a tool of AWS does it). */
  loadBalancerSource: 'refused' | 'accepted'
  /** EC2: a mirror session on an instance of a family that no list names. */
  unknownFamilySource: 'refused' | 'accepted'
  /** EC2: seconds by which Describe answers lag behind (eventual consistency). */
  describeLagSeconds: number
  /** EC2: seconds for which a new id is unknown to other calls that name it. */
  referenceLagSeconds: number
  /** EC2: whether requests are throttled (50 burst and 5/s mutating, 100 and 20/s describing). */
  throttle: boolean
  /** EC2: whether all mutating calls share one bucket, or each action has its own. */
  throttleBuckets: 'shared' | 'per-action'
  /** EC2: seconds that an instance spends in pending, stopping and shutting-down. */
  instanceTransitionSeconds: number
  /** Packets: whether both directions of an inner flow have one outer source port (one capture of 2019 says so). */
  sourcePortSymmetry: boolean
  /** Packets: the outer source ports (of that capture). */
  sourcePortMin: number
  sourcePortMax: number
  /** ECS: which tasks a service stops first when it shrinks. */
  scaleInOrder: 'newest' | 'oldest'
  /** ELB: successful checks before a newly registered target is healthy: one, or the healthy threshold. */
  initialHealthChecks: 'one' | 'threshold'
  /** Scheduler: a one-time schedule whose time is past: ValidationException, fires at once, or never fires. */
  pastAt: 'refused' | 'fires' | 'ignored'
  /** Scheduler: seconds between the time of a schedule and its delivery (AWS: 0 to 60). */
  deliveryDelaySeconds: number
  /** Scheduler: whether every delivery happens twice (at least once is all that is known). */
  deliverTwice: boolean
  /** Scheduler: whether an error of the caller's making (4xx but throttling) is retried or goes to the dead-letter queue at once. */
  retryClientErrors: boolean
  /** Scheduler: seconds between DeleteScheduleGroup and the end of its schedules, which may fire meanwhile. */
  groupDeletionSeconds: number
  /** Not about AWS: length of a minute in rate(), so that a rehearsal ticks faster. */
  minuteSeconds: number
}

export const defaultSwitches: Readonly<Switches> = {
  notFoundSpelling: 'observed',
  tokenAfterDelete: 'original',
  tokenLifetimeHours: 24,
  ruleNumberMax: 32_766,
  modifyPortsNeedsProtocol: true,
  packetLengthMin: 1,
  virtualNetworkIdMax: 16_777_215,
  virtualNetworkIdZero: 'refused',
  mirrorTagFilter: 'refused',
  deleteRuleInUse: 'allowed',
  dryRunChecksEligibility: false,
  unsupportedInstanceTypeCode: 'UnsupportedOperation',
  unsupportedInterfaceCode: 'InvalidParameterValue',
  duplicateSessionNumberCode: 'InvalidParameterValue',
  fargateSource: 'refused',
  loadBalancerSource: 'refused',
  unknownFamilySource: 'accepted',
  describeLagSeconds: 0,
  referenceLagSeconds: 0,
  throttle: true,
  throttleBuckets: 'shared',
  instanceTransitionSeconds: 0,
  sourcePortSymmetry: true,
  sourcePortMin: 65_408,
  sourcePortMax: 65_535,
  scaleInOrder: 'newest',
  initialHealthChecks: 'threshold',
  pastAt: 'refused',
  deliveryDelaySeconds: 0,
  deliverTwice: false,
  retryClientErrors: false,
  groupDeletionSeconds: 0,
  minuteSeconds: 60,
}

/** Values under which proofs are repeated, the default among them. */
export const switchValues: { readonly [K in keyof Switches]: readonly Switches[K][] } = {
  notFoundSpelling: ['observed', 'documented'],
  tokenAfterDelete: ['original', 'recreate', 'mismatch'],
  tokenLifetimeHours: [24, 0.1],
  ruleNumberMax: [32_766, 100],
  modifyPortsNeedsProtocol: [true, false],
  packetLengthMin: [1, 55],
  virtualNetworkIdMax: [16_777_215, 16_777_216],
  virtualNetworkIdZero: ['refused', 'accepted'],
  mirrorTagFilter: ['refused', 'ignored', 'honoured'],
  deleteRuleInUse: ['allowed', 'refused'],
  dryRunChecksEligibility: [false, true],
  unsupportedInstanceTypeCode: ['UnsupportedOperation', 'InvalidParameterValue', 'OperationNotPermitted'],
  unsupportedInterfaceCode: ['InvalidParameterValue', 'UnsupportedOperation', 'OperationNotPermitted'],
  duplicateSessionNumberCode: ['InvalidParameterValue', 'InvalidParameterCombination'],
  fargateSource: ['refused', 'accepted'],
  loadBalancerSource: ['refused', 'accepted'],
  unknownFamilySource: ['accepted', 'refused'],
  describeLagSeconds: [0, 60],
  referenceLagSeconds: [0, 2],
  throttle: [true, false],
  throttleBuckets: ['shared', 'per-action'],
  instanceTransitionSeconds: [0, 30],
  sourcePortSymmetry: [true, false],
  sourcePortMin: [65_408, 1024],
  sourcePortMax: [65_535],
  scaleInOrder: ['newest', 'oldest'],
  initialHealthChecks: ['threshold', 'one'],
  pastAt: ['refused', 'fires', 'ignored'],
  deliveryDelaySeconds: [0, 59],
  deliverTwice: [false, true],
  retryClientErrors: [false, true],
  groupDeletionSeconds: [0, 300],
  minuteSeconds: [60, 5],
}
