import type { ShadowResult } from '../contract/traffic.ts'
import type { HeldObjects } from './compare/held-objects.ts'
import type { Forward } from './forward/forward.ts'
import type { ForwarderLimits } from './forward/forwarder.ts'
import type { ShadowTimeouts } from './forward/shadow.ts'
import type { BodyBudget } from './http/body.ts'
import type { OnDecided, Questions } from './neighbours/questions.ts'
import type { LargeBodies } from './redact/large-bodies.ts'
import type { WaitingCopies } from './select/waiting-copies.ts'

/** What an experiment shares with others, and whom it tells. */
export type ExperimentOptions = {
  forwarder?: Partial<ForwarderLimits>
  timeouts?: Partial<ShadowTimeouts>
  /** Shared by all workers of the task. */
  heldObjects?: HeldObjects
  copies?: WaitingCopies
  onFinished?: (experiment: string, forward: Forward, result: ShadowResult) => void
  /** Shared by all experiments of the worker, and so is the memory of unfinished bodies. */
  largeBodies?: LargeBodies
  bodies?: BodyBudget
  /** Gets what is recorded, in whole lines. */
  onRecorded?: (experiment: string, lines: Buffer) => void
  /** Where other tasks can be asked which copies they have. */
  questionsFor?: (experiment: string, onDecided: OnDecided) => Questions
}
