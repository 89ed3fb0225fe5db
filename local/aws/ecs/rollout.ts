import type { Task } from '../rows.ts'
import type { ServiceDeclaration } from '../world.ts'

/** What a service with the rolling update of its deployments does next. */
export type RolloutStep = { start: number; stop: Task[] }

/** Of `maximumPercent` and `minimumHealthyPercent`, as the service is shown. */
export const MAXIMUM_PERCENT = 200
export const MINIMUM_HEALTHY_PERCENT = 100

/**
 * Starts what the newest deployment lacks, at most twice the wanted number at a time, and stops tasks of earlier ones as
 * far as enough healthy ones stay; what is more than wanted of the newest is stopped, too. Where there are so many earlier
 * ones that none of the newest may start, they make room first.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html
 *
 * @param active tasks that are to run, in the order in which a service that shrinks stops them
 */
export const rolloutStep = (
  active: readonly Task[],
  {
    wanted,
    deployment,
    placing,
    isHealthy,
  }: { wanted: number; deployment: number; placing: number; isHealthy: (task: Task) => boolean },
): RolloutStep => {
  const current = active.filter((task) => task.deployment === deployment)
  const earlier = active.filter((task) => task.deployment !== deployment)
  const room = Math.floor((wanted * MAXIMUM_PERCENT) / 100) - active.length - placing
  const missing = wanted - current.length - placing
  const isCrowded = missing > 0 && room <= 0 && placing === 0
  const surplus = current.slice(0, Math.max(0, current.length - wanted))
  const kept = Math.ceil((wanted * MINIMUM_HEALTHY_PERCENT) / 100)
  const healthy = active.filter((task) => isHealthy(task) && !surplus.includes(task)).length
  let spare = Math.max(0, healthy - kept)
  const stopped = earlier.filter((task) => wanted === 0 || !isHealthy(task) || spare-- > 0)
  return {
    start: Math.max(0, earlier.length === 0 ? missing : Math.min(missing, room)),
    stop: [...surplus, ...(current.some(isHealthy) || wanted === 0 || isCrowded ? stopped : [])],
  }
}

/** 19 digits, as ECS has them; the same for as long as no other deployment is made. */
export const deploymentId = ({ arn }: ServiceDeclaration, deployment: number): string => {
  let number = 7n + BigInt(deployment)
  for (const character of arn) number = (number * 131n + BigInt(character.charCodeAt(0))) % 10n ** 19n
  return number.toString().padStart(19, '0')
}
