import { AwsError } from '../aws-error.ts'
import { list, required, string, structure } from '../protocol/shape.ts'
import type { Dimension } from './metrics.ts'

const MOST_DIMENSIONS = 30

export const dimensionsMember = list(structure({ Name: required(string), Value: required(string) }))

export function dimensionsFrom(
  given: readonly { Name: string; Value: string }[] | undefined,
  path: string,
): Dimension[] {
  if ((given?.length ?? 0) > MOST_DIMENSIONS) {
    throw new AwsError(
      'InvalidParameterValue',
      `${path}.Dimensions must have at most ${MOST_DIMENSIONS} members.`,
    )
  }
  return (given ?? []).map(({ Name: name, Value: value }) => ({ name, value }))
}

export const dimensionsShown = (dimensions: readonly Dimension[]) =>
  dimensions.map(({ name, value }) => ({ Name: name, Value: value }))
