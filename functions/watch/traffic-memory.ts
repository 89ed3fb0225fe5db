import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { EC2Client } from '@aws-sdk/client-ec2'
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { InstanceTraffic } from '../experiments/headroom.ts'
import { type FlowLogsRead, readFlowLogs, type Wanted } from './flow-logs.ts'
import { readInstanceTraffic } from './instance-traffic.ts'
import { spreadOver } from './sample.ts'
import { type FoundGroup, readTargetGroups, type Targets } from './target-groups.ts'

/** Two weeks look the same for so long; a form that is being filled in asks every few seconds. */
const KEPT_MS = 10 * 60_000
/** Where CloudWatch knew nothing it is asked again sooner: an instance’s first five minutes may be over. */
const UNKNOWN_KEPT_MS = 60_000
/** More instances than this are judged by a sample, spread over all of them. */
const SAMPLE = 48
const REMEMBERED = 10_000
const ANSWERS_REMEMBERED = 100

type Answers<Answer> = Map<string, { answer: Answer; until: number }>

/** Asks for the traffic of instances, target groups and flow logs, and not again for some minutes: questions cost money, or are few. */
export class TrafficMemory {
  readonly #known = new Map<string, { traffic: InstanceTraffic; until: number }>()
  readonly #groups: Answers<FoundGroup[]> = new Map()
  readonly #flows: Answers<FlowLogsRead> = new Map()

  /** Of all instances, or of a sample of many. */
  async of(
    cloudWatch: CloudWatchClient,
    instances: readonly string[],
    now: Date,
  ): Promise<Map<string, InstanceTraffic>> {
    const asked = spreadOver(instances, SAMPLE)
    const at = now.getTime()
    const unknown = asked.filter((instance) => (this.#known.get(instance)?.until ?? 0) <= at)
    if (this.#known.size + unknown.length > REMEMBERED) this.#known.clear()
    for (const [instance, traffic] of await readInstanceTraffic(cloudWatch, unknown, now))
      this.#known.set(instance, { traffic, until: at + (traffic ? KEPT_MS : UNKNOWN_KEPT_MS) })
    return new Map(asked.map((instance) => [instance, this.#known.get(instance)?.traffic ?? null]))
  }

  /** Target groups that the targets are in. */
  async groupsOf(
    clients: { elb: ElasticLoadBalancingV2Client; cloudwatch: CloudWatchClient },
    targets: Targets,
    now: Date,
  ): Promise<FoundGroup[]> {
    return remembered(this.#groups, targets, now, UNKNOWN_KEPT_MS, () =>
      readTargetGroups(clients, targets, now),
    )
  }

  /** What flow logs tell of a sample of the sources. */
  async flowsOf(
    clients: { ec2: EC2Client; logs: CloudWatchLogsClient },
    wanted: Wanted,
    now: Date,
  ): Promise<FlowLogsRead> {
    return remembered(this.#flows, wanted, now, KEPT_MS, () => readFlowLogs(clients, wanted, now))
  }
}

const remembered = async <Answer>(
  answers: Answers<Answer>,
  question: unknown,
  now: Date,
  keptMs: number,
  ask: () => Promise<Answer>,
): Promise<Answer> => {
  const key = JSON.stringify(question)
  const known = answers.get(key)
  if (known && known.until > now.getTime()) return known.answer
  const answer = await ask()
  if (answers.size >= ANSWERS_REMEMBERED) answers.clear()
  answers.set(key, { answer, until: now.getTime() + keptMs })
  return answer
}
