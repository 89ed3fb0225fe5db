import type { State } from './state.ts'

/** The parts of the state that outlive a restart. Tasks are processes and do not. */
const TABLES = [
  'adopted',
  'instances',
  'networkInterfaces',
  'mirrorSessions',
  'mirrorFilters',
  'mirrorRules',
  'mirrorTargets',
  'tags',
  'tokens',
  'services',
  'targets',
  'scheduleGroups',
  'schedules',
  'queues',
  'messages',
  'subscriptions',
] as const

export function takeSnapshot(state: State): unknown {
  return Object.fromEntries(TABLES.map((name) => [name, state[name].entries()]))
}

/** Into an empty state. A file of another shape is an error, never a half-filled account. */
export function loadSnapshot(state: State, snapshot: unknown): void {
  if (typeof snapshot !== 'object' || snapshot === null)
    throw new Error('The saved AWS state is not an object')
  for (const name of TABLES) {
    const entries: unknown = (snapshot as Record<string, unknown>)[name]
    if (!Array.isArray(entries)) throw new Error(`The saved AWS state has no ${name}`)
    state[name].load(entries)
  }
  for (const [id, row] of state.networkInterfaces.entries())
    if (row.taskArn) state.networkInterfaces.delete(id)
  for (const [id, row] of state.targets.entries()) {
    if (row.origin === 'task') state.targets.delete(id)
    else if (row.state !== 'draining') state.targets.set(id, { ...row, state: 'initial' })
    else state.targets.delete(id)
  }
}
