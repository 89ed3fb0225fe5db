import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { callsOf } from '../support/infra/code-calls.ts'
import { lint } from '../support/infra/iam-lint.ts'
import { names, requestText } from '../support/infra/iam-requests.ts'
import { MAY } from '../support/infra/role-calls.ts'
import { isAllowed } from '../support/infra/simulate.ts'
import { readStage } from '../support/infra/stages.ts'

describe.runIf(inject('missingPlatform') === null)('IAM', () => {
  it('has no statement that the service authorization reference calls wrong', async () => {
    const deployment = await readStage('production')

    const problems: string[] = []
    for (const role of deployment.roles)
      for (const statement of deployment.statements(role))
        problems.push(...(await lint(statement)).map((problem) => `${role.name}: ${problem}`))

    expect(problems).toEqual([])
  })

  it('would be told of a condition that denies the call it is meant for', async () => {
    const problems = await lint({
      Effect: 'Allow',
      Action: ['ec2:CreateTrafficMirrorSession', 'ec2:CreateTrafficMirrorSesion'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:RequestTag/managed-by': 'shadowmeter' } },
    })

    expect(problems).toEqual([
      expect.stringMatching(/RequestTag\/managed-by is never known for .*network-interface/),
      'ec2:CreateTrafficMirrorSesion: there is no such action',
    ])
  })

  it('knows every AWS call that the functions’ code makes', async () => {
    const deployment = await readStage('production')
    const allowed = new Set(
      ['ControlRole', 'ApiHandlerRole']
        .flatMap((role) => deployment.statements(deployment.named('aws:iam/role:Role', role)))
        .flatMap(({ Action }) => [Action].flat().map((action) => action.toLowerCase())),
    )

    const missing = callsOf('functions').filter((call) => !allowed.has(call.toLowerCase()))

    expect(callsOf('functions').length).toBeGreaterThan(30)
    expect(missing).toEqual([])
  })

  it('knows every item that a gateway’s code reads or writes', () => {
    const files = readdirSync('data-plane', { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    )

    const keys = files.flatMap((file) =>
      [
        ...readFileSync(join('data-plane', file), 'utf8').matchAll(
          /import \{([^}]*)\} from '[./]+contract\/table\.ts'/g,
        ),
      ]
        .flatMap(([, names = '']) => names.split(','))
        .map((name) => name.trim())
        .filter((name) => name.endsWith('Key')),
    )

    expect([...new Set(keys)].toSorted()).toEqual([
      'chunkKey',
      'comparisonKey',
      'gatewayTasksKey',
      'reportKey',
      'revisionKey',
    ])
  })

  it.each(MAY)('lets %s do what it does, and nothing else', async (name, allowed, denied) => {
    const deployment = await readStage('production')
    const role = deployment.named('aws:iam/role:Role', name)
    const at = names(deployment)
    const wrong: string[] = []

    for (const request of allowed(at))
      if (!(await isAllowed(role, ...request))) wrong.push(`denied: ${requestText(request)}`)
    for (const request of denied(at))
      if (await isAllowed(role, ...request)) wrong.push(`allowed: ${requestText(request)}`)

    expect(wrong).toEqual([])
  })
})
