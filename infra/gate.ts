import { EC2Client, paginateDescribeTrafficMirrorSessions, type Tag } from '@aws-sdk/client-ec2'
import { inputs, OWN_TAGS } from './stage.ts'

/** Set to 1 to deploy although an experiment mirrors. */
const FORCE = 'SHADOWMETER_DEPLOY_WHILE_MIRRORING'

/**
 * A deployment replaces gateway tasks, and flows of mirrored packets do not move to others: what an experiment measures
 * would change under it.
 * @throws Error that names the experiments which mirror now
 */
export const refuseWhileMirroring = async (): Promise<void> => {
  if ($cli.command !== 'deploy' || process.env[FORCE] === '1') return
  const mirroring = await experimentsThatMirror()
  if (mirroring.length > 0)
    throw new Error(
      `${mirroring.join(' and ')} of stage ${$app.stage} ${mirroring.length > 1 ? 'mirror' : 'mirrors'} now: a deployment would disturb it. ` +
        `Wait for its end, stop it, or set ${FORCE}=1.`,
    )
}

const experimentsThatMirror = async (): Promise<string[]> => {
  const { SST_AWS_ACCESS_KEY_ID: accessKeyId, SST_AWS_SECRET_ACCESS_KEY: secretAccessKey } = process.env
  const sessionToken = process.env.SST_AWS_SESSION_TOKEN
  const client = new EC2Client({
    region: inputs.region,
    // Those that SST works with; where it hands on none, the SDK looks for them itself.
    ...(accessKeyId &&
      secretAccessKey && {
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
      }),
  })
  const found = new Set<string>()
  try {
    for await (const page of paginateDescribeTrafficMirrorSessions({ client, pageSize: 1000 }, {}))
      for (const { Tags = [], TrafficMirrorSessionId: session = '' } of page.TrafficMirrorSessions ?? [])
        if (Object.entries(OWN_TAGS).every(([key, own]) => value(Tags, key) === own))
          found.add(value(Tags, 'experiment-id') ?? session)
  } finally {
    client.destroy()
  }
  return [...found]
}

const value = (tags: Tag[], key: string) => tags.find(({ Key }) => Key === key)?.Value
