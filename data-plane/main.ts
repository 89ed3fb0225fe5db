import { ConfigError, taskConfig } from './config.ts'
import { giveHeapRoom } from './heap-room.ts'
import { USAGE } from './standalone/option-values.ts'
import {
  asksFor,
  convertOptions,
  explainOptions,
  redactReportOptions,
  standaloneOptions,
} from './standalone/options.ts'
import { stopSignal } from './stop-signal.ts'
import { errorText } from './telemetry/log.ts'

/**
 * With options it runs on its own; without, as a task of a deployment, told by its environment. Only what the chosen way
 * needs is loaded: the AWS SDK takes longer than everything else.
 */
const run = async (args: readonly string[], environment: NodeJS.ProcessEnv): Promise<boolean> => {
  giveHeapRoom()
  if (asksFor(args, '--redact-report')) {
    const { runRedactReport } = await import('./standalone/redact-report.ts')
    return runRedactReport(redactReportOptions(args))
  }
  if (asksFor(args, '--explain')) {
    const options = explainOptions(args)
    const [{ runExplain }, { NAME }] = await Promise.all([
      import('./standalone/explain.ts'),
      import('./standalone/gateway.ts'),
    ])
    return runExplain(options, NAME)
  }
  if (asksFor(args, '--convert')) {
    const { runConvert } = await import('./standalone/convert.ts')
    return runConvert(convertOptions(args, process.env))
  }
  if (asksFor(args, '--replay')) {
    const [{ replayOptions }, { runReplay }] = await Promise.all([
      import('./standalone/replay-options.ts'),
      import('./standalone/run-replay.ts'),
    ])
    return runReplay(replayOptions(args, environment), stopSignal(process))
  }
  if (args.length > 0) {
    const options = standaloneOptions(args, environment)
    const { runStandalone } = await import('./standalone/gateway.ts')
    return runStandalone(options, stopSignal(process))
  }
  if (environment.SHADOWMETER_TABLE === undefined)
    throw new ConfigError(`give it options (${USAGE}) or, as a task, SHADOWMETER_TABLE and AWS_REGION`)
  const config = taskConfig(environment)
  const { runTask } = await import('./task.ts')
  return runTask(config, environment, stopSignal(process))
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
