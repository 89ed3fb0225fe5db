/** Both spellings that AWS documents and that are observed, `InvalidTrafficMirrorTargetNoFound` (sic) included. */
const NOT_FOUND = /^InvalidTrafficMirror(Filter|FilterRule|Session|Target)(Id)?\.?No?t?Found$/

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')

/** An error code of EC2, which some services prefix with its own name, says that the mirror resource is gone. */
export const isNotFoundCode = (code: string): boolean => NOT_FOUND.test(code.replace(/^.*[:#]/, ''))

/** The mirror resource is gone: for a delete that is success. */
export const isNotFound = (error: unknown): boolean => isNotFoundCode(nameOf(error))

/** A deleted session can still hold its filter for a while: EC2 is eventually consistent. */
export const isInUse = (error: unknown): boolean => nameOf(error) === 'TrafficMirrorFilterInUse'
