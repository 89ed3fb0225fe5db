import type { Experiment } from '../contract/experiment.ts'
import type { Verdict } from '../contract/verdict.ts'

/** Exit codes of the command: a pipeline decides by them. */
export const EXIT = {
  /** Done; with --wait: the window ended as planned, and nothing speaks against the release. */
  done: 0,
  /** The command could not do it: no answer, no permission, a failure of the API. */
  failed: 1,
  /** Wrong options, or a request that the API says is not valid. */
  usage: 2,
  /** The experiment cannot start as asked for. */
  notStartable: 3,
  /** It proves nothing: ended early (stopped, expired, over budget), or an inconclusive verdict. */
  inconclusive: 4,
  /** The verdict is fail, the experiment failed, or an abort rule ended it. */
  negative: 5,
  /** A signal ended the wait, and so the experiment; as shells say it of SIGINT. */
  interrupted: 130,
} as const

/**
 * What an experiment’s end means for whoever waits for it. One that mirrored requests alone could compare nothing, and
 * was not asked to: it is judged by its end.
 */
export const exitOf = ({ outcome, spec }: Experiment, verdict: Verdict): number => {
  if (outcome === 'failed' || outcome === 'aborted' || verdict.outcome === 'fail') return EXIT.negative
  if (outcome !== 'completed') return EXIT.inconclusive
  return verdict.outcome === 'pass' || spec.traffic.directions === 'requests' ? EXIT.done : EXIT.inconclusive
}

export const exitOfVerdict = ({ outcome }: Verdict): number =>
  ({ pass: EXIT.done, fail: EXIT.negative, inconclusive: EXIT.inconclusive })[outcome]

/** Ends the command with one line on stderr. */
export class Failure extends Error {
  readonly exit: number

  constructor(message: string, exit: number = EXIT.failed, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Failure'
    this.exit = exit
  }
}
