import { DEPLOYMENT, inputs } from './stage.ts'

/** What is worth a message, by contract/notice.ts; the event bus has every change. */
const KINDS = ['announced', 'started', 'stage', 'over-budget', 'aborted', 'ending', 'ended']

/** Where the notices of this deployment’s experiments go; subscribe a chat, a pager or a SIEM to it. */
const noticesFor = (addresses: readonly string[]) => {
  const topic = new sst.aws.SnsTopic('Notices')
  addresses.forEach((endpoint) => {
    new aws.sns.TopicSubscription(`NoticesTo${endpoint}`, { topic: topic.arn, protocol: 'email', endpoint })
  })
  const rule = new aws.cloudwatch.EventRule('NoticesRule', {
    eventPattern: JSON.stringify({
      source: ['shadowmeter'],
      'detail-type': ['Shadowmeter Experiment Change'],
      detail: { deployment: [DEPLOYMENT], kind: KINDS },
    }),
  })
  new aws.cloudwatch.EventTarget('NoticesTarget', { rule: rule.name, arn: topic.arn })
  // Without a condition: EventBridge gives SNS none to go by, and nothing would ever be delivered.
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions
  new aws.sns.TopicPolicy('NoticesPolicy', {
    arn: topic.arn,
    policy: aws.iam.getPolicyDocumentOutput({
      statements: [
        {
          actions: ['sns:Publish'],
          resources: [topic.arn],
          principals: [{ type: 'Service', identifiers: ['events.amazonaws.com'] }],
        },
      ],
    }).json,
  })
  return topic
}

export const notices = inputs.notices && noticesFor(inputs.notices.email)
