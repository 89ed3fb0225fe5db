import { AwsError } from '../aws-error.ts'

export const conflict = (message: string): AwsError => new AwsError('ConflictException', message, 409)
export const notFound = (message: string): AwsError => new AwsError('ResourceNotFoundException', message, 404)
export const refused = (message: string): AwsError => new AwsError('ValidationException', message)

/** Names of schedules and groups. */
export function checkName(member: string, name: string): void {
  if (!/^[0-9a-zA-Z\-_.]{1,64}$/.test(name)) {
    throw refused(
      `1 validation error detected: Value '${name}' at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$ and have length between 1 and 64`,
    )
  }
}

export function checkRange(
  member: string,
  value: number | undefined,
  smallest: number,
  largest: number,
): void {
  if (value !== undefined && (value < smallest || value > largest)) {
    throw refused(
      `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must have value between ${smallest} and ${largest}`,
    )
  }
}
