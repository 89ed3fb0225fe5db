/** Both of EC2’s spellings, and the other services’. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Error && /NotFound(Exception)?$|NonExistentQueue|QueueDoesNotExist/.test(error.name)

/** The code of the error with which AWS refuses; null when it answers. */
export const refusalOf = async (call: Promise<unknown>): Promise<string | null> => {
  try {
    await call
    return null
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}
