import { type HashedName, NAME_BYTES, readName, writeName } from '../select/waiting-copies.ts'
import type { Question } from './answers.ts'

/** Of one datagram: with what goes around it, below the 1,500 bytes of any network. */
export const BODY_MAX = 1_300

/** A question is its id, how many names it has, and these. */
const QUESTION_HEAD = 5
/** As many as a request has ids (`select/hops.ts`). */
const NAMES_MAX = 4
const ID_BYTES = 4
/** Ids of one worker’s questions go round. */
const IDS = 2 ** 32

export const questionBytes = (names: readonly HashedName[]): number =>
  QUESTION_HEAD + names.length * NAME_BYTES

export const writeQuestion = (id: number, names: readonly HashedName[], to: Buffer, offset: number): void => {
  to.writeUInt32BE(id, offset)
  to[offset + 4] = names.length
  for (const [i, name] of names.entries()) writeName(name, to, offset + QUESTION_HEAD + i * NAME_BYTES)
}

/** Each with a key that no other worker’s has; null when this is not what a body of questions is. */
export const readQuestions = (body: Buffer, worker: number): Question[] | null => {
  const questions: Question[] = []
  for (let at = 0; at < body.length; ) {
    const count = body[at + 4] ?? 0
    const end = at + QUESTION_HEAD + count * NAME_BYTES
    if (count === 0 || count > NAMES_MAX || end > body.length) return null
    const names = Array.from({ length: count }, (_, i) => readName(body, at + QUESTION_HEAD + i * NAME_BYTES))
    questions.push({ key: worker * IDS + body.readUInt32BE(at), names })
    at = end
  }
  return questions
}

/** Answers, and what is given back, name questions by their ids; as many datagrams as they need. */
export const idBodies = (ids: readonly number[]): Buffer[] => {
  const each = BODY_MAX / ID_BYTES
  const bodies: Buffer[] = []
  for (let from = 0; from < ids.length; from += each) {
    const part = ids.slice(from, from + each)
    const body = Buffer.allocUnsafe(part.length * ID_BYTES)
    for (const [i, id] of part.entries()) body.writeUInt32BE(id, i * ID_BYTES)
    bodies.push(body)
  }
  return bodies
}

export const readIds = (body: Buffer): number[] | null =>
  body.length % ID_BYTES === 0
    ? Array.from({ length: body.length / ID_BYTES }, (_, i) => body.readUInt32BE(i * ID_BYTES))
    : null

/** Whose question a key is of, and its id there. */
export const workerOf = (key: number): number => Math.floor(key / IDS)
export const idOf = (key: number): number => key % IDS
export const keyOf = (worker: number, id: number): number => worker * IDS + id
