import type { Approvable } from '../../contract/approval.ts'
import type { ExperimentSpec } from '../../contract/experiment.ts'

/** What of a spec a second person has to approve before it may start, where the deployment asks for that. */
export const approvalsFor = (
  { requests: { writes, redaction, select } }: ExperimentSpec,
  fourEyes: readonly Approvable[],
): Approvable[] => {
  const { mode, sideEffects, kinds, rules } = redaction
  const keeps =
    mode === 'off' ||
    sideEffects === 'keep' ||
    Object.values(kinds).includes('keep') ||
    rules.some(({ action }) => action === 'keep')
  const asked: Readonly<Record<Approvable, boolean>> = {
    mirroring: true,
    writes: writes === 'forward' || select.writes.length > 0,
    redaction: keeps,
    extending: false,
  }
  return fourEyes.filter((one) => asked[one])
}

/** Who approves has to know why it is asked for. */
export const unexplained = (spec: ExperimentSpec, fourEyes: readonly Approvable[]): string[] => {
  const waits = approvalsFor(spec, fourEyes)
  return spec.reason === undefined && waits.length > 0
    ? [`A second person has to approve it (${waits.join(', ')}): say in reason why you ask for it.`]
    : []
}
