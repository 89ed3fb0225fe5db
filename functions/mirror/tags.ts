import type { ResourceType, TagSpecification } from '@aws-sdk/client-ec2'
import { MANAGED_BY, TAG } from '../../contract/ownership.ts'

/** Whose resource it is: everything Shadowmeter creates in EC2 carries these, and it touches nothing without them. */
export type Ownership = Readonly<{ deployment: string; experiment: string; owner: string }>
/** What the sweeper goes by, of all but what goes with something else, as a rule does with its filter. */
export type ExpiringOwnership = Ownership & Readonly<{ expiresAt: string }>

/** A tag value has up to 256 characters of a limited set. */
const tagValue = (text: string): string => text.replace(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_').slice(0, 256)

export const ownTags = (
  resource: ResourceType,
  { deployment, experiment, owner, expiresAt }: Ownership & Partial<ExpiringOwnership>,
): TagSpecification[] => [
  {
    ResourceType: resource,
    Tags: [
      { Key: TAG.managedBy, Value: MANAGED_BY },
      { Key: TAG.deployment, Value: deployment },
      { Key: TAG.experiment, Value: experiment },
      ...(expiresAt === undefined ? [] : [{ Key: TAG.expiresAt, Value: expiresAt }]),
      { Key: TAG.owner, Value: tagValue(owner) },
    ],
  },
]
