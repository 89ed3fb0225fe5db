import { HELP, OptionError, parseOptions } from './options.ts'
import { StartError } from './start-error.ts'

/** Bad options end with 2, a start that failed with 1. */
const main = async (): Promise<number> => {
  let options: ReturnType<typeof parseOptions>
  try {
    options = parseOptions(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    console.error(error.message)
    return 2
  }
  if (options === 'help') {
    console.log(HELP)
    return 0
  }
  const stop = new AbortController()
  // Ctrl-C in a terminal comes twice, through npm: the second is not an order to hurry.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  try {
    // Not before it is needed: help and bad options answer at once.
    const { startLocalSystem } = await import('./system.ts')
    return await startLocalSystem(options, stop.signal, {
      say: (line) => console.log(line),
      warn: (line) => console.error(line),
    })
  } catch (error) {
    if (!(error instanceof StartError)) throw error
    console.error(error.message)
    return 1
  }
}

process.exit(await main())
