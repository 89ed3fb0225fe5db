import { about, inPolicy, type Mutation } from '../mutation.ts'

export const CONTROL_MUTATIONS: Mutation[] = [
  [
    'a schedule without a dead letter queue',
    'keeps what schedules and events could not do',
    (deployment) => {
      delete deployment.named('aws:scheduler/schedule:Schedule', 'TickSchedule').inputs.target
        .deadLetterConfig
    },
  ],
  [
    'a role that may not write dead letters',
    'keeps what schedules and events could not do',
    inPolicy('TickRole', (statements) => {
      statements.splice(statements.indexOf(about(statements, 'sqs:SendMessage')), 1)
    }),
  ],
  [
    'dead letters that nobody reads',
    'keeps what schedules and events could not do',
    (deployment) => {
      const [reader] = deployment.all('aws:lambda/eventSourceMapping:EventSourceMapping')
      if (reader) reader.inputs.eventSourceArn = undefined
    },
  ],
  [
    'a tick in the default group',
    'ticks every minute in the deployment’s own schedule group',
    (deployment) => {
      delete deployment.named('aws:scheduler/schedule:Schedule', 'TickSchedule').inputs.groupName
    },
  ],
  [
    'a route for everybody',
    'lets nobody call the API without IAM or a token, and limits everybody',
    (deployment) => {
      const [route] = deployment.all('aws:apigatewayv2/route:Route')
      if (route) route.inputs.authorizationType = 'NONE'
    },
  ],
  [
    'an API without limits',
    'lets nobody call the API without IAM or a token, and limits everybody',
    (deployment) => {
      const [stage] = deployment.all('aws:apigatewayv2/stage:Stage')
      if (stage) delete stage.inputs.defaultRouteSettings
    },
  ],
  [
    'a console that may be framed',
    'shows the console only where people sign in, with the headers it has locally',
    (deployment) => {
      const [site] = deployment.all('aws:cloudfront/distribution:Distribution')
      if (site) delete site.inputs.defaultCacheBehavior.responseHeadersPolicyId
    },
  ],
  [
    'a removal that takes the schedules down first',
    'looks for what is left before it takes anything down that ends sessions',
    (deployment) => {
      const last = deployment.named('aws:lambda/invocation:Invocation', 'BeforeRemoval')
      last.dependsOn = last.dependsOn.filter((name) => name !== 'Schedules')
    },
  ],
]
