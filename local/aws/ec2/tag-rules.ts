import { AwsError } from '../aws-error.ts'
import { list, string, structure } from '../protocol/shape.ts'
import type { XmlValue } from '../protocol/xml.ts'
import type { State } from '../state.ts'
import type { Tags } from '../world.ts'
import { invalidValue } from './errors.ts'

const MAX_TAGS = 50
const MAX_KEY = 127
const MAX_VALUE = 256

export const tagsMember = list(structure({ Key: string, Value: string }), 'Tag')

export const tagSpecificationsMember = list(
  structure({ ResourceType: string, Tags: tagsMember }),
  'TagSpecification',
)

type TagInput = { Key?: string | undefined; Value?: string | undefined }

export function tagsFrom(given: readonly TagInput[] | undefined): Record<string, string> {
  const tags: Record<string, string> = {}
  for (const { Key: key, Value: value = '' } of given ?? []) {
    if (key === undefined || key === '' || key.length > MAX_KEY) {
      throw invalidValue('tagKey', key, `Tag keys have 1 to ${MAX_KEY} characters`)
    }
    if (value.length > MAX_VALUE)
      throw invalidValue('tagValue', value, `Tag values have at most ${MAX_VALUE} characters`)
    if (key.toLowerCase().startsWith('aws:')) {
      throw new AwsError(
        'InvalidParameterValue',
        `Tag keys starting with 'aws:' are reserved for internal use: ${key}`,
      )
    }
    if (Object.hasOwn(tags, key))
      throw new AwsError('InvalidParameterValue', `Duplicate tag key '${key}' specified.`)
    tags[key] = value
  }
  if (Object.keys(tags).length > MAX_TAGS) throw tooMany()
  return tags
}

/** The tags that a create call asks for; a specification for another kind of resource is an error. */
export function tagsOnCreate(
  specifications: readonly { ResourceType?: string | undefined; Tags?: TagInput[] | undefined }[] | undefined,
  resourceType: string,
): Tags {
  const given = (specifications ?? []).flatMap(({ ResourceType: type, Tags: tags }) => {
    if (type !== resourceType) {
      throw new AwsError(
        'InvalidParameterValue',
        `'${type}' is not a valid taggable resource type for this operation.`,
      )
    }
    return tags ?? []
  })
  return tagsFrom(given)
}

export const tooMany = (): AwsError =>
  new AwsError('TagLimitExceeded', `The maximum number of tags is ${MAX_TAGS}.`)

export const isTooMany = (tags: Tags): boolean =>
  Object.keys(tags).filter((key) => !key.startsWith('aws:')).length > MAX_TAGS

/** As Describe shows them. */
export const tagsAt = (state: State, id: string, lag: number): Tags => state.tags.getAt(id, lag) ?? {}

export const tagSet = (tags: Tags): XmlValue => Object.entries(tags).map(([key, value]) => ({ key, value }))
