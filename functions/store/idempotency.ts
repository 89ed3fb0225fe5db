import * as z from 'zod'
import { Timestamp } from '../../contract/experiment.ts'
import { idempotencyKey } from '../../contract/table.ts'
import { absent, getItem, putItem, type Table } from './table.ts'

/** The experiment that a create with some Idempotency-Key made, or is about to make. */
export const Claim = z.object({
  experiment: z.string(),
  /** A hash of the caller and the request’s body: the same key with another one is a mistake of the caller. */
  fingerprint: z.string(),
  at: Timestamp,
})
export type Claim = z.output<typeof Claim>

/**
 * Claims the key; answers with the claim in force, which is an earlier one when the key was used before. Write the claim
 * first and create the experiment with the id in the answer: a crash in between is repaired by the caller’s retry.
 */
export const claimKey = async (table: Table, key: string, claim: Claim): Promise<Claim> => {
  if (await putItem(table, idempotencyKey(key), claim, absent)) return claim
  const earlier = await getItem(table, idempotencyKey(key))
  return earlier ? Claim.parse(earlier) : claimKey(table, key, claim)
}

/** The claim on a key, when there is one: a repeated request is answered before anything is looked at. */
export const findClaim = async (table: Table, key: string): Promise<Claim | undefined> => {
  const item = await getItem(table, idempotencyKey(key))
  return item && Claim.parse(item)
}
