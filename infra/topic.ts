import { account, inputs } from './stage.ts'

/** Where every alarm goes; subscribe a pager or a chat to it. */
export const topic = new sst.aws.SnsTopic('Alarms')
inputs.alarms.email.forEach((endpoint) => {
  new aws.sns.TopicSubscription(`AlarmsTo${endpoint}`, { topic: topic.arn, protocol: 'email', endpoint })
})

/** CloudWatch and AWS Budgets of this account may publish, nobody else’s. */
new aws.sns.TopicPolicy('AlarmsPolicy', {
  arn: topic.arn,
  policy: aws.iam.getPolicyDocumentOutput({
    statements: [
      {
        actions: ['sns:Publish'],
        resources: [topic.arn],
        principals: [{ type: 'Service', identifiers: ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com'] }],
        conditions: [{ test: 'StringEquals', variable: 'aws:SourceAccount', values: [account] }],
      },
    ],
  }).json,
})
