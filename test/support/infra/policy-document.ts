type Condition = { test: string; variable: string; values: string[] }
type Principal = { type: string; identifiers: string[] }
export type DocumentArguments = {
  statements?: {
    sid?: string
    effect?: string
    actions?: string[]
    notActions?: string[]
    resources?: string[]
    principals?: Principal[]
    conditions?: Condition[]
  }[]
}

const oneOrAll = <T>(values: readonly T[]): T | readonly T[] =>
  values.length === 1 ? (values[0] as T) : values

/** Renders a policy as the AWS provider's aws:iam/getPolicyDocument does, as far as SST and we use it. */
export const renderPolicy = ({ statements = [] }: DocumentArguments): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({
      ...(statement.sid && { Sid: statement.sid }),
      Effect: statement.effect ?? 'Allow',
      ...(statement.principals?.length && { Principal: principals(statement.principals) }),
      ...(statement.actions && { Action: oneOrAll(statement.actions) }),
      ...(statement.notActions && { NotAction: oneOrAll(statement.notActions) }),
      ...(statement.resources && { Resource: oneOrAll(statement.resources) }),
      ...(statement.conditions?.length && { Condition: conditions(statement.conditions) }),
    })),
  })

const principals = (all: readonly Principal[]) =>
  all.some(({ type }) => type === '*')
    ? '*'
    : Object.fromEntries(all.map(({ type, identifiers }) => [type, oneOrAll(identifiers)]))

const conditions = (all: readonly Condition[]) => {
  const rendered: Record<string, Record<string, unknown>> = {}
  for (const { test, variable, values } of all) {
    rendered[test] ??= {}
    rendered[test][variable] = oneOrAll(values)
  }
  return rendered
}
