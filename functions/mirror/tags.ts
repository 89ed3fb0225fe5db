import type { ResourceType, Tag, TagSpecification } from '@aws-sdk/client-ec2'

/** Whose resource it is: everything Shadowmeter creates in EC2 carries these, and it touches nothing without them. */
export type Ownership = Readonly<{ deployment: string; experiment: string; owner: string; expiresAt: string }>

export const MANAGED_BY = 'shadowmeter'
export const EXPIRES_AT = 'expires-at'

/** A tag value has up to 256 characters of a limited set. */
const tagValue = (text: string): string => text.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_').slice(0, 256)

export const ownTags = (
  resource: ResourceType,
  { deployment, experiment, owner, expiresAt }: Ownership,
): TagSpecification[] => [
  {
    ResourceType: resource,
    Tags: [
      { Key: 'managed-by', Value: MANAGED_BY },
      { Key: 'deployment', Value: deployment },
      { Key: 'experiment-id', Value: experiment },
      { Key: EXPIRES_AT, Value: expiresAt },
      { Key: 'owner', Value: tagValue(owner) },
    ],
  },
]

/** What our tags say; null for a resource that is not this deployment’s. */
export const readTags = (
  tags: readonly Tag[] | undefined,
  deployment: string,
): { experiment: string; expiresAt: string | null } | null => {
  const value = (key: string) => tags?.find(({ Key }) => Key === key)?.Value
  if (value('managed-by') !== MANAGED_BY || value('deployment') !== deployment) return null
  const expiresAt = value(EXPIRES_AT)
  return {
    experiment: value('experiment-id') ?? '',
    expiresAt: expiresAt !== undefined && Number.isFinite(Date.parse(expiresAt)) ? expiresAt : null,
  }
}
