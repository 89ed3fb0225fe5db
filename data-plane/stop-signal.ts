/**
 * Resolves when the process is asked to end: SIGTERM, SIGINT, or its parent is gone. A repeated signal means nothing
 * more: Ctrl-C on a terminal arrives twice under npm.
 */
export const stopSignal = (process: NodeJS.Process): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, resolve)
    process.once('disconnect', () => resolve('disconnect'))
  })
