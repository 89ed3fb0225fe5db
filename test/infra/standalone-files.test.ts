import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import type { RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs'
import { afterEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { STOP_MS } from '../../data-plane/standalone/gateway.ts'
import { standaloneOptions } from '../../data-plane/standalone/options.ts'
import { fargateProblems, modelProblems, sentToEcs } from '../support/infra/ecs-model.ts'

const run = promisify(execFile)

const COMPOSE = readFileSync('data-plane/compose.yaml', 'utf8')
const TASK = readFileSync('data-plane/task-definition.json', 'utf8')
const DOCKERFILE = readFileSync('data-plane/Dockerfile', 'utf8')

/** What the image itself says, by the last instruction of each kind. */
const instruction = (name: string): string =>
  [...DOCKERFILE.replaceAll(/\\\n\s*/g, '').matchAll(new RegExp(`^${name} (.*)`, 'gm'))].at(-1)?.[1] ?? ''
const listOf = (text: string): string[] => JSON.parse(text.slice(text.indexOf('['))) as string[]
const ENTRYPOINT = listOf(instruction('ENTRYPOINT'))
const PROBE = listOf(instruction('HEALTHCHECK'))

/** ${NAME:-default} and ${NAME:?message}, as Compose fills them into texts once they are parsed. */
const filledIn = (text: string, environment: Record<string, string>): string =>
  text.replace(/\$\{(\w+):([-?])([^}]*)\}/g, (_, name: string, kind: string, rest: string) => {
    const value = environment[name] || (kind === '-' ? rest : undefined)
    if (value === undefined) throw new Error(rest)
    return value
  })

type Gateway = {
  build: { context: string; dockerfile: string }
  command: string[]
  network_mode: string
  read_only: boolean
  user: string
  cap_drop: string[]
  cap_add?: string[]
  privileged?: boolean
  security_opt: string[]
  stop_grace_period: string
  ports?: string[]
  environment?: Record<string, string>
  healthcheck?: { test: string[]; disable?: boolean }
}
type Task = RegisterTaskDefinitionCommandInput

const composed = (
  text: string,
  environment: Record<string, string> = { SHADOW: 'http://10.0.9.20:8080' },
) => {
  const value: { services: { gateway: Gateway } } = parse(text, (_, one: unknown) =>
    typeof one === 'string' ? filledIn(one, environment) : one,
  )
  return value.services.gateway
}

/** Each is known to bite: the changes below break it. */
const COMPOSE_KEEPS = {
  'runs without root, capabilities or a writable file system': (gateway: Gateway) => {
    expect(gateway.user).toBe('1000:1000')
    expect(gateway.read_only).toBe(true)
    expect([gateway.cap_drop, gateway.cap_add ?? []]).toEqual([['ALL'], []])
    expect(gateway.privileged ?? false).toBe(false)
    expect(gateway.security_opt).toContain('no-new-privileges:true')
  },
  'hears UDP 4789 by the host’s own address': (gateway: Gateway) => {
    expect(gateway.network_mode).toBe('host')
    // Compose refuses published ports together with the host's network.
    expect(gateway.ports).toBeUndefined()
    expect(standaloneOptions(gateway.command, {}).listen).toEqual({ host: '0.0.0.0', port: 4789 })
  },
  'answers the image’s own health check': (gateway: Gateway) => {
    const { health } = standaloneOptions(gateway.command, {})
    expect(gateway.healthcheck).toBeUndefined()
    expect(PROBE.join(' ')).toContain(`http://127.0.0.1:${health?.port}/healthz`)
  },
  'holds writes back and redacts unless told otherwise': (gateway: Gateway) => {
    const { rules, redaction } = standaloneOptions(gateway.command, {})
    expect([rules.writes, redaction.mode]).toEqual(['hold', 'pseudonymise'])
  },
  'has time to finish': (gateway: Gateway) => {
    expect(1000 * Number(/^(\d+)s$/.exec(gateway.stop_grace_period)?.[1])).toBeGreaterThan(STOP_MS)
  },
  'has no secret in it': (gateway: Gateway) => {
    expect(gateway.environment).toBeUndefined()
  },
} satisfies Record<string, (gateway: Gateway) => void>

const COMPOSE_BREAKS: [what: string, keyof typeof COMPOSE_KEEPS, from: string | RegExp, to: string][] = [
  ['root', 'runs without root, capabilities or a writable file system', /^ +user:.*\n/m, ''],
  ['a file system to write to', 'runs without root, capabilities or a writable file system', 'true', 'false'],
  ['capabilities', 'runs without root, capabilities or a writable file system', '[ALL]', '[NET_RAW]'],
  [
    'new privileges',
    'runs without root, capabilities or a writable file system',
    'privileges:true',
    'x:true',
  ],
  ['Docker’s proxy', 'hears UDP 4789 by the host’s own address', 'network_mode: host', 'ports: [4789:4789]'],
  [
    'another port',
    'hears UDP 4789 by the host’s own address',
    '--writes',
    '--listen\n      - 0.0.0.0:4790\n      - --writes',
  ],
  ['a health check of nothing', 'answers the image’s own health check', '0.0.0.0:8080', '0.0.0.0:8081'],
  ['writes', 'holds writes back and redacts unless told otherwise', ':-hold', ':-forward'],
  ['Docker’s own 10 s', 'has time to finish', '30s', '10s'],
  ['a credential', 'has no secret in it', 'restart:', 'environment: { TOKEN: x }\n    restart:'],
]

const TASK_KEEPS = {
  'is a task definition by ECS’s own model, for Fargate': (task: Task) => {
    expect(modelProblems(task)).toEqual([])
    expect(fargateProblems(task)).toEqual([])
    expect(task.requiresCompatibilities).toEqual(['FARGATE'])
    expect(task.runtimePlatform).toEqual({ cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' })
  },
  'runs without root, capabilities or a writable file system': (task: Task) => {
    expect(task.containerDefinitions).toMatchObject([
      {
        user: '1000:1000',
        readonlyRootFilesystem: true,
        linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
      },
    ])
    // A gateway on its own calls nothing of AWS.
    expect(task.taskRoleArn).toBeUndefined()
  },
  'maps UDP 4789 and the health port that the gateway has': (task: Task) => {
    const [container] = task.containerDefinitions ?? []
    const { listen, health } = standaloneOptions(container?.command ?? [], {})
    expect(container?.portMappings).toEqual([
      { containerPort: listen.port, hostPort: listen.port, protocol: 'udp' },
      { containerPort: health?.port, hostPort: health?.port, protocol: 'tcp' },
    ])
    expect(listen).toEqual({ host: '0.0.0.0', port: 4789 })
  },
  'checks health as the image does': (task: Task) => {
    expect(task.containerDefinitions?.[0]?.healthCheck?.command).toEqual(['CMD', ...PROBE])
  },
  'has time to finish': (task: Task) => {
    expect(1000 * (task.containerDefinitions?.[0]?.stopTimeout ?? 0)).toBeGreaterThan(STOP_MS)
  },
  'writes its log to CloudWatch': (task: Task) => {
    expect(task.containerDefinitions?.[0]?.logConfiguration).toMatchObject({
      logDriver: 'awslogs',
      options: {
        'awslogs-group': expect.stringMatching(/^\//),
        'awslogs-region': 'REGION',
        'awslogs-stream-prefix': 'gateway',
      },
    })
  },
  'has no secret and no account in it': (task: Task) => {
    const [container] = task.containerDefinitions ?? []
    expect([container?.environment, container?.environmentFiles]).toEqual([undefined, undefined])
    expect(JSON.stringify(task)).not.toMatch(/\b\d{12}\b|AKIA/)
  },
} satisfies Record<string, (task: Task) => void>

const TASK_BREAKS: [what: string, keyof typeof TASK_KEEPS, from: string, to: string][] = [
  [
    'a misspelt key',
    'is a task definition by ECS’s own model, for Fargate',
    'readonlyRootFilesystem',
    'readOnlyRootFilesystem',
  ],
  [
    'a number that is a text',
    'is a task definition by ECS’s own model, for Fargate',
    '"stopTimeout": 60',
    '"stopTimeout": "60"',
  ],
  [
    'a driver that ECS has not',
    'is a task definition by ECS’s own model, for Fargate',
    '"awslogs"',
    '"cloudwatch"',
  ],
  ['a size that Fargate has not', 'is a task definition by ECS’s own model, for Fargate', '"2048"', '"1024"'],
  ['a stop that Fargate has not', 'is a task definition by ECS’s own model, for Fargate', ': 60', ': 300'],
  [
    'two protocols on one port',
    'is a task definition by ECS’s own model, for Fargate',
    '"containerPort": 8080, "hostPort": 8080',
    '"containerPort": 4789, "hostPort": 4789',
  ],
  ['Intel', 'is a task definition by ECS’s own model, for Fargate', 'ARM64', 'X86_64'],
  ['root', 'runs without root, capabilities or a writable file system', '"1000:1000"', '"0:0"'],
  [
    'a file system to write to',
    'runs without root, capabilities or a writable file system',
    'Filesystem": true',
    'Filesystem": false',
  ],
  ['capabilities', 'runs without root, capabilities or a writable file system', '"ALL"', '"NET_RAW"'],
  ['TCP', 'maps UDP 4789 and the health port that the gateway has', '"udp"', '"tcp"'],
  [
    'health elsewhere',
    'maps UDP 4789 and the health port that the gateway has',
    '0.0.0.0:8080',
    '0.0.0.0:8081',
  ],
  ['a probe of its own', 'checks health as the image does', '/healthz', '/'],
  ['no time', 'has time to finish', ': 60', ': 25'],
  ['a log of nothing', 'writes its log to CloudWatch', 'awslogs-group', 'awslogs-groups'],
  [
    'a credential',
    'has no secret and no account in it',
    '"user"',
    '"environment": [{ "name": "TOKEN", "value": "x" }], "user"',
  ],
]

const changed = (text: string, from: string | RegExp, to: string): string => {
  const other = text.replace(from, () => to)
  if (other === text) throw new Error(`there is no ${from}`)
  return other
}

describe('compose.yaml', () => {
  it.each(Object.entries(COMPOSE_KEEPS))('%s', (_, keeps) => {
    keeps(composed(COMPOSE))
  })

  it.each(COMPOSE_BREAKS)('would be noticed with %s', (_, promise, from, to) => {
    const broken = composed(changed(COMPOSE, from, to))

    expect(() => COMPOSE_KEEPS[promise](composed(COMPOSE))).not.toThrow()
    expect(() => COMPOSE_KEEPS[promise](broken)).toThrow()
  })

  it('builds the gateway’s image from the repository’s root', () => {
    expect(composed(COMPOSE).build).toEqual({ context: '..', dockerfile: 'data-plane/Dockerfile' })
  })

  it('says what is missing where no shadow is given', () => {
    expect(() => composed(COMPOSE, {})).toThrow('the address of the shadow, like http://10.0.9.20:8080')
  })

  it('hands shadow, port and writes on to the gateway', () => {
    const { command } = composed(COMPOSE, { SHADOW: 'http://10.0.9.21:81', PORT: '9090', WRITES: 'forward' })

    const { ports, rules } = standaloneOptions(command, {})

    expect([command[1], ports, rules.writes]).toEqual(['http://10.0.9.21:81', [9090], 'forward'])
  })
})

describe('task-definition.json', () => {
  it.each(Object.entries(TASK_KEEPS))('%s', (_, keeps) => {
    keeps(JSON.parse(TASK) as Task)
  })

  it.each(TASK_BREAKS)('would be noticed with %s', (_, promise, from, to) => {
    const broken = JSON.parse(changed(TASK, from, to)) as Task

    expect(() => TASK_KEEPS[promise](JSON.parse(TASK) as Task)).not.toThrow()
    expect(() => TASK_KEEPS[promise](broken)).toThrow()
  })

  it('reaches ECS whole when the real client registers it', async () => {
    const task = JSON.parse(TASK) as Task

    expect(await sentToEcs(task)).toEqual(task)
  })
})

describe('the image’s health check', () => {
  let stop = () => {}
  afterEach(() => stop())

  it.each([
    ['succeeds where the gateway says that it is ready', 200, 0],
    ['fails where it says that it is not', 503, 1],
  ])('%s', async (_, status, exit) => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/healthz' ? status : 404
      response.end()
    })
    stop = () => server.close()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const here = `127.0.0.1:${(server.address() as AddressInfo).port}`

    const [, ...args] = PROBE.map((word) => word.replace('127.0.0.1:8080', here))
    const code = await run(process.execPath, args).then(
      () => 0,
      (error: { code: number }) => error.code,
    )

    // What the image starts with is there for the probe, too.
    expect(PROBE[0]).toBe(ENTRYPOINT[0])
    expect(code).toBe(exit)
  })

  it('belongs to a user without rights, and to ports that are said', () => {
    expect(instruction('USER')).toBe('node')
    expect(instruction('EXPOSE')).toBe('4789/udp 8080/tcp')
  })
})
