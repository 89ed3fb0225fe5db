import { createHash } from 'node:crypto'

/**
 * Names of one-time schedules, in the deployment’s own schedule group: at most 64 characters (an experiment’s id has 30,
 * a session’s or rule’s at most 22), all of one experiment with its id as their prefix. Each lease of a rule has a name of
 * its own, for the first 9,999: nobody who arms one can meet another that is just firing.
 */
export const killSchedule = (experiment: string, session: string): string => `${experiment}.kill.${session}`
export const leasePrefix = (experiment: string): string => `${experiment}.lease.`
export const leaseSchedules = (experiment: string, rule: string): string =>
  `${leasePrefix(experiment)}${rule}.`
export const leaseSchedule = (
  experiment: string,
  { rule, leases }: { rule: string; leases: number },
): string => `${leaseSchedules(experiment, rule)}${leases}`
export const startSchedule = (experiment: string): string => `${experiment}.start`
export const endSchedule = (experiment: string): string => `${experiment}.end`
export const schedulePrefix = (experiment: string): string => `${experiment}.`

/** One for the deployment: the gateways go to zero some time after the last experiment’s end. */
export const GATEWAYS_TO_ZERO = 'gateways-to-zero'

/**
 * A ClientToken that every retry of the same create has, and no other create: AWS answers a repeated one with the first
 * answer. EC2 does not document its longest token: 64 ASCII characters are the shortest limit of its other calls.
 */
export const clientToken = (...parts: readonly (string | number)[]): string =>
  createHash('sha256').update(parts.join(' ')).digest('hex')

/** Among what is gone: the pieces of all gateway configurations before this revision. */
export const configurationsBefore = (revision: number): string => `configurations before ${revision}`
