import type { Tag } from '@aws-sdk/client-ec2'
import { MANAGED_BY, TAG } from '../../contract/ownership.ts'

/**
 * What everything of a run carries: the sweeper takes what a killed run leaves after an hour. Made once, since a repeated
 * create has to ask for the same.
 */
export const tagsOfRun = (deployment: string, now: number): Tag[] =>
  Object.entries({
    [TAG.managedBy]: MANAGED_BY,
    [TAG.deployment]: deployment,
    [TAG.experiment]: 'verify',
    [TAG.expiresAt]: new Date(now + 3_600_000).toISOString(),
    [TAG.owner]: 'verify:aws',
  }).map(([Key, Value]) => ({ Key, Value }))
