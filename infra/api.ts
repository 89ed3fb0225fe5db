import { environment } from './environment.ts'
import { controlPermissions, readEvidence, readFlowLogs, readRecords } from './permissions.ts'
import { inputs, isProduction } from './stage.ts'

const handler = new sst.aws.Function('ApiHandler', {
  handler: 'functions/api.handler',
  // API Gateway waits 30 s.
  timeout: '29 seconds',
  environment,
  permissions: [...controlPermissions, ...readEvidence, ...readRecords, ...readFlowLogs],
})

/** A flood from one stolen credential costs a bounded amount and cannot starve AWS’s APIs of the account. */
const LIMITS = { throttlingRateLimit: 50, throttlingBurstLimit: 100 }

const makeApi = (name: string) =>
  new sst.aws.ApiGatewayV2(name, {
    // The console calls from its own address: no other origin has a reason to.
    cors: false,
    accessLog: { retention: isProduction ? '1 year' : '1 month' },
    transform: {
      stage: (stage) => {
        stage.defaultRouteSettings = LIMITS
      },
    },
  })

/** The same operations by the same paths for both: an HTTP API’s route has one authorizer. */
const machines = makeApi('MachineApi')
machines.route('$default', handler.arn, { auth: { iam: true } })

const forPeople = ({ issuer, clientId }: NonNullable<typeof inputs.people>) => {
  const api = makeApi('PeopleApi')
  const authorizer = api.addAuthorizer({ name: 'oidc', jwt: { issuer, audiences: [clientId] } })
  api.route('$default', handler.arn, { auth: { jwt: { authorizer: authorizer.id } } })
  return api
}
const people = inputs.people ? forPeople(inputs.people) : null

export const api = { handler, machines, people }
