import { uuid } from './ids.ts'
import { invokeFunction } from './invoke-function.ts'
import type { Topics } from './sns/topics.ts'
import type { AwsEvent, State } from './state.ts'

const USER_AGENT = 'events.amazonaws.com'

/**
 * EventBridge’s default bus: events of services go to the functions and topics of the declared rules. EC2’s and Auto Scaling’s are
 * best effort on AWS, too: what cannot be delivered is said and forgotten.
 */
export function startEventBus(state: State, topics: Topics, lambdaEndpoint: string | undefined): void {
  const rules = state.world.eventRules ?? []
  state.onEvent((event) => {
    const targets = rules.filter(
      ({ source, detailTypes }) => source === event.source && detailTypes.includes(event.detailType),
    )
    if (targets.length === 0) return
    const body = JSON.stringify(inEnvelope(event, state))
    for (const { targetArn } of targets) {
      const [, , service, , , , name = ''] = targetArn.split(':')
      const once = async () =>
        service === 'sns'
          ? topics.hand(targetArn, body)
          : invokeFunction(name, body, lambdaEndpoint, USER_AGENT)
      once()
        .then(() => (state.switches.deliverTwice ? once() : undefined))
        .catch((error: unknown) => console.error(`An event was lost: ${String(error)}`))
    }
  })
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html */
const inEnvelope = ({ id, source, detailType, resources, detail }: AwsEvent, state: State) => ({
  version: '0',
  id: id ?? uuid(state.random),
  'detail-type': detailType,
  source,
  account: state.world.account,
  time: new Date(state.clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z'),
  region: state.world.region,
  resources,
  detail,
})
