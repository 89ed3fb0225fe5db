import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** IAM's name of a service where its client has another. */
const SERVICES: Record<string, string> = {
  'auto-scaling': 'autoscaling',
  'cost-explorer': 'ce',
  eventbridge: 'events',
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  'service-quotas': 'servicequotas',
  'cloudwatch-logs': 'logs',
}
/** IAM's name of a call: the document client leaves out what it is about; with a version S3's deletion is another action. */
const CALLS: Record<string, string> = {
  'dynamodb:Get': 'dynamodb:GetItem',
  'dynamodb:Put': 'dynamodb:PutItem',
  'dynamodb:Update': 'dynamodb:UpdateItem',
  'dynamodb:Delete': 'dynamodb:DeleteItem',
  's3:DeleteObject': 's3:DeleteObjectVersion',
  's3:ListObjectVersions': 's3:ListBucketVersions',
}

/** What a folder's code imports from AWS's clients, as IAM actions. */
export const callsOf = (folder: string): string[] => {
  const calls = new Set<string>()
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  ))
    for (const [, names = '', client = ''] of readFileSync(join(folder, file), 'utf8').matchAll(
      /import \{([^}]*)\} from '@aws-sdk\/(?:client|lib)-([a-z0-9-]+)'/g,
    ))
      for (const [, command = '', paginated = ''] of names.matchAll(/\b(?:(\w+)Command|paginate(\w+))\b/g)) {
        const call = `${SERVICES[client] ?? client}:${command || paginated}`
        calls.add(CALLS[call] ?? call)
      }
  return [...calls]
}
