import { join } from 'node:path'
import { type Resource, type SynthOptions, synth } from './synth.ts'

const file = (name: string) => join(import.meta.dirname, 'deployments', `${name}.json`)

/** A stage of each kind: in a VPC that is there, with people and secrets; in a new one; and a developer's `sst dev`. */
export const STAGES: Readonly<Record<'production' | 'staging' | 'personal' | 'dev', SynthOptions>> = {
  production: { stage: 'production', dev: false, deployment: file('existing-network') },
  staging: { stage: 'staging', dev: false, deployment: file('existing-network') },
  personal: { stage: 'alice', dev: false, deployment: file('new-network') },
  dev: { stage: 'alice', dev: true, deployment: file('new-network') },
}
export type StageName = keyof typeof STAGES

export const SECRETS = { SST_SECRET_ShadowOrdersShadowToken: 'secret-of-a-shadow' }

export type Statement = {
  Effect: string
  Action: string | string[]
  Resource: string | string[]
  Principal?: unknown
  Condition?: Record<string, Record<string, string | string[]>>
}
export type Container = {
  portMappings: unknown[]
  environment: { name: string; value: string }[]
  secrets: { name: string; valueFrom: string }[]
  // biome-ignore lint/suspicious/noExplicitAny: asserted by shape
  [key: string]: any
}

export const list = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : ([value].flat() as T[])
const parsed = (document: unknown): { Statement: Statement[] } =>
  (typeof document === 'string' ? JSON.parse(document) : document) as { Statement: Statement[] }

/** The resources of a deployment, to be asked. */
export class Deployment {
  readonly resources: readonly Resource[]
  readonly #isDev: boolean
  constructor(resources: readonly Resource[], isDev: boolean) {
    this.resources = resources
    this.#isDev = isDev
  }
  all(type: string): Resource[] {
    return this.resources.filter((resource) => resource.type === type)
  }
  named(type: string, name: string): Resource {
    const found = this.all(type).filter((resource) => resource.name === name)
    const [one] = found
    if (!one || found.length > 1) throw new Error(`there are ${found.length} ${type} called ${name}`)
    return one
  }
  /** In `sst dev` those of live functions are SST's own: they run on the developer's machine, as the developer. */
  get roles(): Resource[] {
    const isLive = (role: Resource) =>
      this.statements(role).some(({ Action }) => list(Action).includes('appsync:*'))
    return this.all('aws:iam/role:Role').filter((role) => !this.#isDev || !isLive(role))
  }
  statements(role: Resource): Statement[] {
    return list(role.inputs.inlinePolicies).flatMap(({ policy }) => parsed(policy).Statement)
  }
  trust(role: Resource): Statement[] {
    return parsed(role.inputs.assumeRolePolicy).Statement
  }
  roleOf(arn: string): Resource {
    const role = this.roles.find(({ name, inputs }) => arn.endsWith(`/${inputs.name ?? name}`))
    if (!role) throw new Error(`there is no role ${arn}`)
    return role
  }
  get container(): Container {
    const task = this.named('aws:ecs/taskDefinition:TaskDefinition', 'GatewayTaskTask')
    return (JSON.parse(task.inputs.containerDefinitions) as Container[])[0] as Container
  }
  environment(name: string): Record<string, string> {
    return this.named('aws:lambda/function:Function', name).inputs.environment.variables
  }
}

/** From the cache that test/infra/setup.ts fills. */
export const readStage = async (name: StageName): Promise<Deployment> => {
  const { resources, errors } = await synth(STAGES[name], SECRETS)
  if (errors.length > 0) throw new Error(errors.join('\n'))
  return new Deployment(resources, STAGES[name].dev)
}
