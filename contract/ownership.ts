/** The tags by which Shadowmeter knows its own AWS resources: it touches nothing without the first two. */
export const TAG = {
  managedBy: 'managed-by',
  deployment: 'deployment',
  experiment: 'experiment-id',
  expiresAt: 'expires-at',
  owner: 'owner',
} as const

export const MANAGED_BY = 'shadowmeter'

type AwsTag = Readonly<{ Key?: string | undefined; Value?: string | undefined }>

/** What a resource’s tags say; null for one that is not this deployment’s. */
export const readTags = (
  tags: readonly AwsTag[] | undefined,
  deployment: string,
): { experiment: string; expiresAt: string | null } | null => {
  const value = (key: string) => tags?.find(({ Key }) => Key === key)?.Value
  if (value(TAG.managedBy) !== MANAGED_BY || value(TAG.deployment) !== deployment) return null
  const expiresAt = value(TAG.expiresAt)
  return {
    experiment: value(TAG.experiment) ?? '',
    expiresAt: expiresAt !== undefined && Number.isFinite(Date.parse(expiresAt)) ? expiresAt : null,
  }
}
