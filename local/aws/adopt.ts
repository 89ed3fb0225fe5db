import { uuid } from './ids.ts'
import type { State } from './state.ts'
import type { InstanceDeclaration, NetworkInterfaceDeclaration, Tags } from './world.ts'

/** Takes the declaration over into the account's state: all of it the first time, what is new at a restart. */
export function adoptWorld(state: State): void {
  const { world, clock } = state
  for (const instance of world.instances) adoptInstance(state, instance)
  for (const networkInterface of world.networkInterfaces) adoptInterface(state, networkInterface)
  for (const { id, tags } of [...world.vpcs, ...world.subnets]) if (isNew(state, id)) tag(state, id, tags)
  for (const { id, loadBalancerArn, description, tags } of world.mirrorTargets ?? []) {
    if (!isNew(state, id)) continue
    state.mirrorTargets.set(id, {
      id,
      kind: 'network-load-balancer',
      loadBalancerArn,
      description: description ?? null,
    })
    tag(state, id, tags)
  }
  for (const { id, description, tags } of world.mirrorFilters ?? []) {
    if (!isNew(state, id)) continue
    state.mirrorFilters.set(id, { id, description: description ?? null, networkServices: [] })
    tag(state, id, tags)
  }
  for (const { arn, desiredCount } of world.services) {
    if (isNew(state, arn)) state.services.set(arn, { desiredCount, updatedAt: clock.now() })
  }
  for (const { name: topic, queues = [] } of world.topics ?? [])
    for (const queue of queues) {
      const [topicArn, endpoint] = [state.arn('sns', topic), state.arn('sqs', queue)]
      const arn = `${topicArn}:${uuid(state.random)}`
      if (isNew(state, `${topicArn} ${endpoint}`))
        state.subscriptions.set(arn, { arn, topicArn, protocol: 'sqs', endpoint, token: null })
    }
  for (const name of ['default', ...(world.scheduleGroups ?? [])]) {
    if (!isNew(state, `schedule-group/${name}`)) continue
    const at = clock.now()
    state.scheduleGroups.set(name, { name, state: 'ACTIVE', createdAt: at, modifiedAt: at, tags: {} })
  }
}

function adoptInstance(state: State, declared: InstanceDeclaration): void {
  const { id, autoScalingGroup } = declared
  const fresh = isNew(state, id)
  const saved = state.instances.get(id)
  if (!fresh && !saved) return
  state.instances.set(id, {
    id,
    type: declared.type,
    subnetId: declared.subnetId,
    imageId: declared.imageId ?? 'ami-00000000000000000',
    detailedMonitoring: declared.detailedMonitoring ?? false,
    state: saved?.state ?? declared.state ?? 'running',
    launchedAt: saved?.launchedAt ?? state.clock.now(),
    stateReason: saved?.stateReason ?? null,
  })
  if (fresh) {
    tag(state, id, {
      ...declared.tags,
      ...(autoScalingGroup && { 'aws:autoscaling:groupName': autoScalingGroup }),
    })
  }
}

function adoptInterface(state: State, declared: NetworkInterfaceDeclaration): void {
  const { id, attachment } = declared
  const fresh = isNew(state, id)
  const saved = state.networkInterfaces.get(id)
  if (!fresh && !saved) return
  state.networkInterfaces.set(id, {
    id,
    subnetId: declared.subnetId,
    privateIp: declared.privateIp,
    mac: declared.mac,
    description: declared.description ?? '',
    interfaceType: declared.interfaceType ?? 'interface',
    attachment:
      saved?.attachment === null || !attachment
        ? null
        : { ...attachment, deleteOnTermination: attachment.deleteOnTermination ?? true },
    requesterManaged: declared.requesterManaged ?? false,
    requesterId: declared.requesterId ?? null,
    taskArn: null,
  })
  if (fresh) tag(state, id, declared.tags)
}

function isNew(state: State, id: string): boolean {
  if (state.adopted.get(id)) return false
  state.adopted.set(id, true)
  return true
}

function tag(state: State, id: string, tags: Tags | undefined): void {
  if (tags && Object.keys(tags).length > 0) state.tags.set(id, tags)
}
