import { runSimulation } from '@cloud-copilot/iam-simulate'
import { ACCOUNT } from './made-up.ts'
import type { Resource } from './synth.ts'

type Context = Record<string, string | string[]>

/** Whether IAM lets a role do something to a resource, by its own policies. */
export const isAllowed = async (
  role: Resource,
  action: string,
  resource: string,
  context: Context = {},
): Promise<boolean> => {
  // biome-ignore lint/suspicious/noExplicitAny: as the provider takes it
  const policies = (role.inputs.inlinePolicies ?? []).map(({ policy }: any) => ({
    name: role.name,
    policy: JSON.parse(policy),
  }))
  const answer = await runSimulation(
    {
      identityPolicies: policies,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      request: {
        principal: `arn:aws:iam::${ACCOUNT}:role/${role.name}`,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: { 'aws:RequestedRegion': 'us-east-1', ...context },
      },
    },
    {},
  )
  if (!('overallResult' in answer)) throw new Error(`${action} ${resource}: ${JSON.stringify(answer)}`)
  return answer.overallResult === 'Allowed'
}
