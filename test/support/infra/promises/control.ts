import { expect } from 'vitest'
import type { Deployment } from '../stages.ts'

/** What starts and ends what, and who may call it. */
export const CONTROL_PROMISES = {
  'keeps what schedules and events could not do': (deployment: Deployment) => {
    const queue = deployment.named('aws:sqs/queue:Queue', 'DeadLettersQueue')
    expect(queue.inputs.messageRetentionSeconds).toBe(1_209_600)
    const schedules = deployment.all('aws:scheduler/schedule:Schedule').map(({ inputs }) => inputs.target)
    const targets = deployment
      .all('aws:cloudwatch/eventTarget:EventTarget')
      .flatMap(({ inputs }) => (/-NoticesTopic-/.test(inputs.arn) ? [] : [inputs]))
    expect([schedules.length, targets.length]).toEqual([1, 3])
    const readers = deployment.all('aws:lambda/eventSourceMapping:EventSourceMapping')
    expect(readers.map(({ inputs }) => inputs.eventSourceArn)).toEqual([
      expect.stringMatching(/-DeadLettersQueue-/),
    ])
    for (const target of [...schedules, ...targets])
      expect(target.deadLetterConfig?.arn).toMatch(/:shadowmeter-[a-z]+-DeadLettersQueue-/)
    for (const { roleArn, deadLetterConfig } of schedules)
      expect(deployment.statements(deployment.roleOf(roleArn))).toContainEqual({
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Resource: deadLetterConfig.arn,
      })
  },

  'ticks every minute in the deployment’s own schedule group': (deployment: Deployment) => {
    const { inputs } = deployment.named('aws:scheduler/schedule:Schedule', 'TickSchedule')
    const control = deployment.environment('ControlFunction')
    expect(inputs.scheduleExpression).toBe('rate(1 minute)')
    expect(inputs.groupName).toBe(control.SHADOWMETER_SCHEDULE_GROUP)
    expect(inputs.target).toMatchObject({
      input: '{"kind":"tick"}',
      arn: control.SHADOWMETER_CONTROL_FUNCTION_ARN,
    })
    expect(deployment.named('aws:lambda/function:Function', 'ControlFunction').inputs.name).toBe(
      control.SHADOWMETER_CONTROL_FUNCTION_ARN?.split(':').at(-1),
    )
  },

  'lets nobody call the API without IAM or a token, and limits everybody': (deployment: Deployment) => {
    const routes = deployment.all('aws:apigatewayv2/route:Route')
    expect(routes.length).toBeGreaterThan(0)
    for (const { inputs } of routes) expect(['AWS_IAM', 'JWT']).toContain(inputs.authorizationType)
    for (const { inputs } of deployment.all('aws:apigatewayv2/stage:Stage')) {
      expect(inputs.defaultRouteSettings).toMatchObject({
        throttlingRateLimit: 50,
        throttlingBurstLimit: 100,
      })
      expect(inputs.accessLogSettings.destinationArn).toContain(':logs:')
    }
  },

  'shows the console only where people sign in, with the headers it has locally': (
    deployment: Deployment,
  ) => {
    const sites = deployment.all('aws:cloudfront/distribution:Distribution')
    expect(sites).toHaveLength(deployment.all('aws:apigatewayv2/authorizer:Authorizer').length)
    for (const { inputs } of sites) {
      const behaviors = [inputs.defaultCacheBehavior, ...inputs.orderedCacheBehaviors]
      expect(behaviors.map(({ responseHeadersPolicyId }) => responseHeadersPolicyId)).toEqual(
        behaviors.map(() => 'ConsoleHeaders-id'),
      )
      const { inputs: headers } = deployment.named(
        'aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy',
        'ConsoleHeaders',
      )
      const { contentSecurityPolicy } = headers.securityHeadersConfig.contentSecurityPolicy
      expect(contentSecurityPolicy).toContain("connect-src 'self' https://tokens.example.com;")
      expect(contentSecurityPolicy).toContain("frame-ancestors 'none'")
    }
  },

  'looks for what is left before it takes anything down that ends sessions': (deployment: Deployment) => {
    const last = deployment.named('aws:lambda/invocation:Invocation', 'BeforeRemoval')
    expect(last.inputs.lifecycleScope).toBe('CRUD')
    expect(last.dependsOn).toEqual(
      expect.arrayContaining([
        'RemovalFunction',
        'ControlFunction',
        'ApiHandlerFunction',
        'TickSchedule',
        'Schedules',
        'ScheduleRole',
        'DeadLettersQueue',
        'GatewayService',
        'Vxlan',
        'MirrorTarget',
      ]),
    )
    expect(deployment.named('aws:lambda/function:Function', 'RemovalFunction').dependsOn).toContain(
      'TableTable',
    )
    for (const { name, dependsOn } of deployment.resources)
      expect(dependsOn, name).not.toContain('BeforeRemoval')
  },
}
