/** Longer names are not remembered by any table. */
export const NAME_LENGTH_MAX = 256

/** A copy that stands alone: text cut out of a longer one keeps all of that in memory for as long as it is remembered. */
export const ownText = (text: string): string => Buffer.from(text).toString()
