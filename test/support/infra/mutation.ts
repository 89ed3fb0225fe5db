import type { PromiseName } from './promises.ts'
import type { Deployment, StageName, Statement } from './stages.ts'

export type Break = (deployment: Deployment) => void
/** What somebody could break, the promise that must notice, how, and in which stage; production unless it is said. */
export type Mutation = [what: string, PromiseName, Break, StageName?]

/** Changes the gateway’s container. */
export const inContainer =
  (change: (container: Deployment['container']) => void): Break =>
  (deployment) => {
    const { container } = deployment
    change(container)
    const { inputs } = deployment.named('aws:ecs/taskDefinition:TaskDefinition', 'GatewayTaskTask')
    inputs.containerDefinitions = JSON.stringify([container])
  }

/** Changes what a role may do. */
export const inPolicy =
  (role: string, change: (statements: Statement[]) => void): Break =>
  (deployment) => {
    const { inputs } = deployment.named('aws:iam/role:Role', role)
    const statements = deployment.statements(deployment.named('aws:iam/role:Role', role))
    change(statements)
    inputs.inlinePolicies = [{ name: 'broken', policy: JSON.stringify({ Statement: statements }) }]
  }

/** The statement that names this action. */
export const about = (statements: Statement[], action: string): Statement =>
  statements.find(({ Action }) => [Action].flat().includes(action)) as Statement
