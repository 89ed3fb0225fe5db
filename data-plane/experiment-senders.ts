import type { RequestReason, ShadowResult } from '../contract/traffic.ts'
import { COMPARED_BYTES_MAX, type Comparer } from './compare/comparer.ts'
import { shadowOutcome } from './compare/shadow-outcome.ts'
import { type ExperimentConfig, queueBytes } from './experiment-config.ts'
import type { ExperimentOptions } from './experiment-options.ts'
import type { Forward } from './forward/forward.ts'
import type { ShadowSettings, Shadows } from './forward/settings.ts'
import { ShadowSender } from './forward/shadow-sender.ts'
import { signerFromEnvironment } from './forward/signer-from-environment.ts'
import type { Request } from './http/exchange.ts'
import { RECORDED_BYTES_MAX, type Recorder } from './record/recorder.ts'
import { type RequestCounters, zeroRequestCounters } from './telemetry/request-counters.ts'
import type { ShadowSnapshot } from './telemetry/shadow-tally.ts'

export type SendersOptions = Pick<ExperimentOptions, 'forwarder' | 'timeouts'> & {
  comparer: Comparer | null
  recorder: Recorder | null
  /** Whether nothing may be sent there. */
  isForbidden: (address: string, port: number) => boolean
  onFinished: (forward: Forward, result: ShadowResult) => void
  /** A request was let through and the shadow has not been sent it. */
  onNotSent: (request: Request) => void
}

/** Who sends for an experiment: its requests, copies of them, and the same requests to today’s release. */
export class ExperimentSenders {
  readonly #experiment: string
  readonly #options: SendersOptions
  readonly #own: ShadowSender
  /** Copies have a queue and connections of their own: they never push out a request. */
  #copier: ShadowSender | null
  /** Today’s release, to compare with; counted apart. */
  #control: ShadowSender | null

  constructor(config: ExperimentConfig, options: SendersOptions) {
    this.#experiment = config.id
    this.#options = options
    this.#own = this.#openOwn(config)
    this.#copier = this.#openCopier(config)
    this.#control = this.#openControl(config)
  }

  /** Goes on with other shadows, when they are others. */
  configure(config: ExperimentConfig): void {
    const { shadows } = config
    this.#own.configure(shadows)
    this.#copier?.configure(shadows)
    if (shadows.control) this.#control?.configure(controlOnly(shadows.control))
    this.#copier ??= this.#openCopier(config)
    this.#control ??= this.#openControl(config)
  }

  get hasControl(): boolean {
    return this.#control !== null
  }

  submit(request: Request, copies: number): void {
    // Who is asked first has the machine to itself a little longer.
    const isControlFirst = Math.random() < 0.5
    if (isControlFirst) this.#control?.submit(request)
    this.#own.submit(request)
    if (!isControlFirst) this.#control?.submit(request)
    for (let left = copies; left > 0; left--) this.#copier?.submit(request)
  }

  expire(now: number): void {
    for (const sender of this.#all) sender.expire(now)
  }

  dropWaiting(reason: RequestReason): void {
    for (const sender of this.#all) sender.dropWaiting(reason)
  }

  async stop(deadlineMs: number): Promise<void> {
    await Promise.all(this.#all.map((sender) => sender.stop(deadlineMs)))
  }

  /** The experiment’s own requests, the copies of them, and what each shadow, the control too, has been sent. */
  snapshot(): {
    own: ShadowSnapshot
    copies: RequestCounters
    shadows: Record<string, ShadowSnapshot>
    queueBytes: number
  } {
    const { own, shadows } = this.#own.snapshot()
    return {
      own,
      copies: this.#copier?.snapshot().own.requests ?? zeroRequestCounters(),
      shadows: { ...shadows, ...this.#control?.snapshot().shadows },
      queueBytes: this.#all.reduce((sum, { queueBytes }) => sum + queueBytes, 0),
    }
  }

  get #all(): ShadowSender[] {
    return [this.#own, this.#copier, this.#control].filter((sender) => sender !== null)
  }

  #openOwn(config: ExperimentConfig): ShadowSender {
    const { comparer, recorder, onFinished, onNotSent } = this.#options
    return new ShadowSender(config.shadows, {
      ...this.#common(config),
      onFinished,
      ...((comparer || recorder) && {
        keepBytes: comparer ? COMPARED_BYTES_MAX : RECORDED_BYTES_MAX,
        onRefused: (request) => {
          onNotSent(request)
          comparer?.shadow(request, { unpaired: 'shadow_not_sent' })
          recorder?.notSent(request)
        },
      }),
    })
  }

  #openCopier(config: ExperimentConfig): ShadowSender | null {
    if (config.rules.percent <= 100) return null
    return new ShadowSender(config.shadows, {
      ...this.#common(config),
      onFinished: this.#options.onFinished,
    })
  }

  /** Its own connections and queue, as the shadow’s; what it is sent is in no count of the experiment’s requests. */
  #openControl(config: ExperimentConfig): ShadowSender | null {
    const { control } = config.shadows
    const { comparer } = this.#options
    if (!control || comparer === null) return null
    return new ShadowSender(controlOnly(control), {
      ...this.#common(config),
      onFinished: (forward, result) => comparer.control(forward.request, shadowOutcome(forward, result)),
      keepBytes: COMPARED_BYTES_MAX,
      onRefused: (request) => comparer.control(request, { unpaired: 'shadow_not_sent' }),
    })
  }

  #common(config: ExperimentConfig) {
    const { isForbidden, forwarder, timeouts = {} } = this.#options
    return {
      experiment: this.#experiment,
      isProduction: isForbidden,
      limits: { queueBytes: queueBytes(config), ...forwarder },
      timeouts,
      signerFor: signerFromEnvironment,
    }
  }
}

const controlOnly = (control: ShadowSettings): Shadows => ({ distribution: 'copy', list: [control] })
