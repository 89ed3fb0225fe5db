/** Why nothing was started, in one line. */
export class StartError extends Error {}
