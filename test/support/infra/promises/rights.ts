import { expect } from 'vitest'
import { ACCOUNT } from '../made-up.ts'
import { type Deployment, list } from '../stages.ts'

/** Who may do what to whom. */
export const RIGHTS_PROMISES = {
  'lets only AWS’s services assume roles, and for this account only where AWS says for whom': (
    deployment: Deployment,
  ) => {
    for (const role of deployment.roles)
      for (const statement of deployment.trust(role)) {
        expect(Object.keys(statement.Principal as object), role.name).toEqual(['Service'])
        if (!role.name.endsWith('TickRole') && !/Schedule|GatewayTask/.test(role.name)) continue
        expect(statement.Condition?.StringEquals?.['aws:SourceAccount'], role.name).toBe(ACCOUNT)
      }
  },

  'names no action by a wildcard, and passes one role to the scheduler only': (deployment: Deployment) => {
    for (const role of deployment.roles)
      for (const statement of deployment.statements(role)) {
        for (const action of list(statement.Action)) expect(action, role.name).not.toContain('*')
        if (!list(statement.Action).includes('iam:PassRole')) continue
        expect(statement.Resource).toBe(`arn:aws:iam::${ACCOUNT}:role/ScheduleRole`)
        expect(statement.Condition).toEqual({
          StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' },
        })
      }
  },

  'changes nothing in EC2 without a condition': (deployment: Deployment) => {
    for (const role of deployment.roles)
      for (const statement of deployment.statements(role)) {
        const changes = list(statement.Action).filter((action) => /^ec2:(?!Describe)/.test(action))
        if (changes.length > 0) expect(statement.Condition, `${role.name} ${changes}`).toBeDefined()
      }
  },

  'lets a gateway read its configuration and write its reports, and no more': (deployment: Deployment) => {
    const role = deployment.named('aws:iam/role:Role', 'GatewayTaskTaskRole')
    expect(
      deployment
        .statements(role)
        .filter(({ Action }) => list(Action).some((action) => action.startsWith('dynamodb:')))
        .map(({ Action, Condition }) => [
          Action,
          Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'],
        ]),
    ).toEqual([
      ['dynamodb:GetItem', ['GATEWAY', 'GATEWAY#*']],
      ['dynamodb:PutItem', ['REPORTS#*', 'COMPARISON#*']],
    ])
    const execution = deployment.named('aws:iam/role:Role', 'GatewayTaskExecutionRole')
    for (const { Resource } of deployment.statements(execution))
      for (const resource of list(Resource)) expect(resource).toMatch(/:parameter\/shadowmeter-[^*]+$/)
  },

  'marks what it creates in EC2 as its own': (deployment: Deployment) => {
    const owner = deployment.environment('ControlFunction').SHADOWMETER_DEPLOYMENT
    const tags = { 'managed-by': 'shadowmeter', deployment: owner }
    for (const type of ['trafficMirrorTarget:TrafficMirrorTarget', 'trafficMirrorFilter:TrafficMirrorFilter'])
      for (const { inputs } of deployment.all(`aws:ec2/${type}`)) expect(inputs.tags).toEqual(tags)
    const [app] = deployment.resources
    expect(app?.inputs.providers.aws.defaultTags.tags).toMatchObject(tags)
  },
}
