import { ConfigError, taskConfig } from './config.ts'
import { runStandalone } from './standalone.ts'
import { standaloneOptions, USAGE } from './standalone-options.ts'
import { stopSignal } from './stop-signal.ts'
import { runTask } from './task.ts'
import { errorText } from './telemetry/log.ts'

/** With options it runs on its own; without, as a task of a deployment, told by its environment. */
const run = (args: readonly string[], environment: NodeJS.ProcessEnv): Promise<boolean> => {
  if (args.length > 0) return runStandalone(standaloneOptions(args), stopSignal(process))
  if (environment.SHADOWMETER_TABLE === undefined)
    throw new ConfigError(`give it options (${USAGE}) or, as a task, SHADOWMETER_TABLE and AWS_REGION`)
  return runTask(taskConfig(environment), stopSignal(process))
}

/** Bad options or environment end with 2, a failure with 1. */
const main = async (): Promise<number> => {
  try {
    return (await run(process.argv.slice(2), process.env)) ? 0 : 1
  } catch (error) {
    process.stderr.write(`gateway: ${errorText(error)}\n`)
    return error instanceof ConfigError ? 2 : 1
  }
}

process.exit(await main())
