import { about, inPolicy, type Mutation } from '../mutation.ts'

export const RIGHTS_MUTATIONS: Mutation[] = [
  [
    'SST’s own trust in the whole account',
    'lets only AWS’s services assume roles, and for this account only where AWS says for whom',
    (deployment) => {
      deployment.named('aws:iam/role:Role', 'ControlRole').inputs.assumeRolePolicy = {
        Statement: [
          { Principal: { Service: 'lambda.amazonaws.com', AWS: 'arn:aws:iam::111122223333:root' } },
        ],
      }
    },
  ],
  [
    'a scheduler that works for other accounts',
    'lets only AWS’s services assume roles, and for this account only where AWS says for whom',
    (deployment) => {
      deployment.named('aws:iam/role:Role', 'ScheduleRole').inputs.assumeRolePolicy = {
        Statement: [{ Principal: { Service: 'scheduler.amazonaws.com' } }],
      }
    },
  ],
  [
    'a linked table',
    'names no action by a wildcard, and passes one role to the scheduler only',
    inPolicy('ApiHandlerRole', (statements) =>
      statements.push({ Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' }),
    ),
  ],
  [
    'any role for any service',
    'names no action by a wildcard, and passes one role to the scheduler only',
    inPolicy('ControlRole', (statements) => {
      about(statements, 'iam:PassRole').Resource = '*'
    }),
  ],
  [
    'sessions of others to be deleted',
    'changes nothing in EC2 without a condition',
    inPolicy('ScheduleRole', (statements) => {
      delete about(statements, 'ec2:DeleteTrafficMirrorSession').Condition
    }),
  ],
  [
    'a gateway that reads experiments',
    'lets a gateway read its configuration and write its reports, and no more',
    inPolicy('GatewayTaskTaskRole', (statements) => {
      delete about(statements, 'dynamodb:GetItem').Condition
    }),
  ],
  [
    'SST’s own execution role',
    'lets a gateway read its configuration and write its reports, and no more',
    inPolicy('GatewayTaskExecutionRole', (statements) => {
      for (const statement of statements) statement.Resource = '*'
    }),
  ],
  [
    'a mirror target without its tags',
    'marks what it creates in EC2 as its own',
    (deployment) => {
      deployment.named('aws:ec2/trafficMirrorTarget:TrafficMirrorTarget', 'MirrorTarget').inputs.tags = {}
    },
  ],
]
