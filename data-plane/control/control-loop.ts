import type { Comparison } from '../../contract/comparison.ts'
import type { GatewayConfig } from '../../contract/gateway-config.ts'
import type { GatewayReport } from '../../contract/gateway-report.ts'
import { errorText, type Log } from '../telemetry/log.ts'
import { ComparisonWriter } from './comparison-writer.ts'
import { readNewConfig } from './config-reader.ts'
import { writeReport } from './report-writer.ts'
import type { ControlTable } from './table.ts'

/** How soon a change of the configuration is seen. */
const READ_EVERY_MS = 2_000
const BACKOFF_MS_MAX = 30_000
/** ECS kills a task that takes too long to stop: with forwards finished in 25 s this still fits into its 30. */
const LAST_REPORT_MS = 4_000

export type ControlLoopOptions = {
  table: ControlTable
  reportEveryMs: number
  /** Runs the configuration from now on; a failure leaves the one before in force and is tried again. */
  apply: (config: GatewayConfig) => Promise<void>
  /** Looks at what else than the configuration changes in the table; as often, and tried again like that. */
  look?: () => Promise<void>
  report: (revision: number, draining: boolean) => Promise<GatewayReport>
  /** What comparing has found so far, by experiment; and what this task is called. */
  comparisons: () => Promise<Record<string, Comparison>>
  task: string
  log: Log
  /** 0 to 1, spreads retries of many tasks. */
  random: () => number
}

/**
 * Follows the control plane through its table: configuration in, reports out. Whatever the table does the packet path
 * goes on with what it has; failures are counted and tried again, ever more slowly.
 */
export class ControlLoop {
  /** Configuration in force; -1 before the first. */
  revision = -1
  errors = 0
  readonly #options: ControlLoopOptions
  readonly #comparisons: ComparisonWriter
  #readFailures = 0
  #reportFailures = 0
  #comparisonFailures = 0
  #readTimer: NodeJS.Timeout | null = null
  #reportTimer: NodeJS.Timeout | null = null
  #reading: Promise<void> = Promise.resolve()
  #reporting: Promise<void> = Promise.resolve()
  #stopped = false
  #ended = false

  constructor(options: ControlLoopOptions) {
    this.#options = options
    this.#comparisons = new ComparisonWriter(options.table, options.task)
  }

  start(): void {
    this.#reading = this.#read()
    this.#reporting = this.#report(false)
  }

  /** Takes over no configuration any more, so that what is draining stays so; reports go on. */
  stopReading(): void {
    if (this.#readTimer) clearTimeout(this.#readTimer)
    this.#readTimer = null
    this.#stopped = true
  }

  /** Writes the last report, which says that the task drains; does not wait longer for the table than this. */
  async stop(deadlineMs = LAST_REPORT_MS): Promise<void> {
    this.stopReading()
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs)
    })
    await Promise.race([this.#lastReport(), deadline])
    clearTimeout(timer)
    this.#ended = true
    if (this.#reportTimer) clearTimeout(this.#reportTimer)
  }

  async #lastReport(): Promise<void> {
    await this.#reading
    if (this.#reportTimer) clearTimeout(this.#reportTimer)
    await this.#reporting
    if (this.#reportTimer) clearTimeout(this.#reportTimer)
    await this.#report(true)
  }

  async #read(): Promise<void> {
    const { table, apply, look, log } = this.#options
    try {
      const config = await readNewConfig(table, this.revision)
      if (config !== null && !this.#stopped) {
        await apply(config)
        this.revision = config.revision
        log('info', 'configured', { revision: config.revision, experiments: config.experiments.length })
        this.#acknowledge()
      }
      await look?.()
      if (this.#readFailures > 0) log('info', 'control table answers again')
      this.#readFailures = 0
    } catch (error) {
      this.#fail(++this.#readFailures, 'configuration not read', error)
    }
    if (this.#stopped) return
    this.#readTimer = setTimeout(
      () => {
        this.#reading = this.#read()
      },
      this.#delay(READ_EVERY_MS, this.#readFailures),
    )
  }

  /** The control plane waits for every task to run the new revision: it is told at once. */
  #acknowledge(): void {
    if (this.#reportTimer) clearTimeout(this.#reportTimer)
    this.#reportTimer = null
    this.#reporting = this.#reporting.then(() => this.#report(false))
  }

  async #report(last: boolean): Promise<void> {
    const { table, report, reportEveryMs } = this.#options
    if (this.#reportTimer) clearTimeout(this.#reportTimer)
    this.#reportTimer = null
    // First: a report that acknowledges the end of an experiment says that all of it is written.
    await this.#writeComparisons()
    try {
      await writeReport(table, await report(this.revision, last || this.#stopped))
      this.#reportFailures = 0
    } catch (error) {
      this.#fail(++this.#reportFailures, 'report not written', error)
    }
    if (last || this.#ended) return
    this.#reportTimer = setTimeout(
      () => {
        this.#reporting = this.#report(false)
      },
      this.#delay(reportEveryMs, this.#reportFailures),
    )
  }

  /** The meter lives on reports: what is wrong with a comparison must not keep them back. */
  async #writeComparisons(): Promise<void> {
    try {
      await this.#comparisons.write(await this.#options.comparisons())
      this.#comparisonFailures = 0
    } catch (error) {
      this.#fail(++this.#comparisonFailures, 'comparison not written', error)
    }
  }

  #fail(failures: number, event: string, error: unknown): void {
    this.errors++
    this.#options.log('warn', event, { failures, error: errorText(error) })
  }

  #delay(everyMs: number, failures: number): number {
    if (failures === 0) return everyMs
    const backoff = Math.min(BACKOFF_MS_MAX, 1_000 * 2 ** (failures - 1))
    return Math.max(everyMs, backoff) * (0.5 + this.#options.random() / 2)
  }
}
