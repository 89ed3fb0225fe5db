import { createHash } from 'node:crypto'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { recordPrefix } from '../../contract/stored-record.ts'
import type { ControlPlane } from '../../functions/reconcile/control-plane.ts'
import { recordsBucket } from './aws-world.ts'
import type { Account } from './experiment-account.ts'

/** A control plane whose deployment keeps records, for a week. */
export const recording = (
  plane: ControlPlane,
  given: Partial<ControlPlane['config']> = {},
): ControlPlane => ({
  ...plane,
  config: { ...plane.config, recordsBucket, recordsMs: 7 * 86_400_000, ...given },
})

/** As gateway tasks put them, whatever is in it. */
export const putRecord = async (
  { plane }: Account,
  experiment: string,
  name: string,
  body: string | Buffer = 'packed',
): Promise<void> => {
  await plane.clients.s3.send(
    new PutObjectCommand({
      ...{ Bucket: recordsBucket, Key: `${recordPrefix(experiment)}${name}`, Body: body },
      ChecksumSHA256: createHash('sha256').update(body).digest('base64'),
    }),
  )
}
