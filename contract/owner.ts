import * as z from 'zod'
import type { Experiment } from './experiment.ts'

/** Who answers for experiments, and whose month they are paid from: a team’s name, a person’s, a role’s ARN. */
export const OwnerName = z
  .string()
  .trim()
  .min(1)
  .max(256)
  .regex(/^[^#\p{C}]+$/u, 'a name without # and without control characters')

/** Stands for every owner that has no budget of its own. */
export const ANY_OWNER = '*'

/** A role is one caller whatever its sessions are called: a job that is run again may have another name. */
export const principalOf = (caller: string): string =>
  /^arn:[\w-]+:sts::\d+:assumed-role\/[^/]+/.exec(caller)?.[0] ?? caller

/** The owner that the spec names, else whoever asked for it. */
export const ownerOf = ({ spec, createdBy }: Pick<Experiment, 'spec' | 'createdBy'>): string =>
  spec.owner ?? (principalOf(createdBy).replaceAll('#', '_').slice(0, 256) || 'unknown')
