import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import {
  Compatibility,
  type ContainerDefinition,
  CPUArchitecture,
  ECSClient,
  LogDriver,
  NetworkMode,
  OSFamily,
  RegisterTaskDefinitionCommand,
  RegisterTaskDefinitionRequest$,
  type RegisterTaskDefinitionCommandInput as TaskDefinition,
  TransportProtocol,
} from '@aws-sdk/client-ecs'
import { NormalizedSchema } from '@smithy/core/schema'

/** The model's enumerations, by the member that has one. */
const VALUES: Readonly<Record<string, object>> = {
  networkMode: NetworkMode,
  requiresCompatibilities: Compatibility,
  cpuArchitecture: CPUArchitecture,
  operatingSystemFamily: OSFamily,
  logDriver: LogDriver,
  protocol: TransportProtocol,
}

const own = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What a value has that its shape has not, by path. */
const against = (shape: NormalizedSchema, value: unknown, at: string): string[] => {
  if (shape.isStructSchema()) {
    if (!own(value)) return [`${at}: is an object`]
    const members = new Map(shape.structIterator())
    return Object.entries(value).flatMap(([key, given]) => {
      const member = members.get(key)
      return member ? against(member, given, `${at}.${key}`) : [`${at}.${key}: ECS does not know it`]
    })
  }
  if (shape.isListSchema())
    return Array.isArray(value)
      ? value.flatMap((one, index) => against(shape.getValueSchema(), one, `${at}.${index}`))
      : [`${at}: is a list`]
  if (shape.isMapSchema())
    return own(value)
      ? Object.entries(value).flatMap(([key, one]) => against(shape.getValueSchema(), one, `${at}.${key}`))
      : [`${at}: is a map`]
  const type = shape.isStringSchema() ? 'string' : shape.isNumericSchema() ? 'number' : 'boolean'
  if (typeof value !== type) return [`${at}: is a ${type}`]
  const values = VALUES[at.replace(/\.\d+$/, '').replace(/^.*\./, '')]
  return values && !Object.values(values).includes(value) ? [`${at}: has no value ${value}`] : []
}

/** What ECS's own model (the SDK's RegisterTaskDefinitionRequest) says against a task definition: names, types and values. */
export const modelProblems = (definition: object): string[] =>
  against(NormalizedSchema.of(RegisterTaskDefinitionRequest$), definition, 'taskDefinition')

/** Memory in MiB that Fargate has for these CPU units. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html */
const SIZES: Readonly<Record<string, (mib: number) => boolean>> = {
  '256': (mib) => [512, 1024, 2048].includes(mib),
  '512': (mib) => mib >= 1024 && mib <= 4096 && mib % 1024 === 0,
  '1024': (mib) => mib >= 2048 && mib <= 8192 && mib % 1024 === 0,
  '2048': (mib) => mib >= 4096 && mib <= 16_384 && mib % 1024 === 0,
  '4096': (mib) => mib >= 8192 && mib <= 30_720 && mib % 1024 === 0,
}

/**
 * What Fargate would refuse although the model allows it.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
 */
export const fargateProblems = (definition: TaskDefinition): string[] => {
  const { cpu = '', memory = '', networkMode, executionRoleArn } = definition
  const containers = definition.containerDefinitions ?? []
  return [
    ...(networkMode === 'awsvpc' ? [] : ['networkMode: is awsvpc']),
    ...(SIZES[cpu]?.(Number(memory)) ? [] : [`memory: Fargate has no ${memory} with ${cpu}`]),
    ...containers.flatMap((container) => [
      ...containerProblems(container),
      ...(container.logConfiguration && !executionRoleArn ? ['executionRoleArn: who writes the log'] : []),
    ]),
  ]
}

const containerProblems = ({
  stopTimeout = 30,
  portMappings = [],
  linuxParameters,
  privileged,
}: ContainerDefinition): string[] => [
  ...(stopTimeout <= 120 ? [] : ['stopTimeout: is at most 120']),
  ...(privileged ? ['privileged: not on Fargate'] : []),
  ...(linuxParameters?.capabilities?.add ?? [])
    .filter((name) => name !== 'SYS_PTRACE')
    .map((name) => `capabilities.add: not ${name}`),
  ...(['devices', 'sharedMemorySize', 'maxSwap', 'swappiness'] as const)
    .filter((key) => linuxParameters?.[key] !== undefined)
    .map((key) => `linuxParameters.${key}: not on Fargate`),
  ...portMappings
    .filter(({ containerPort, hostPort }) => hostPort !== undefined && hostPort !== containerPort)
    .map(({ hostPort }) => `portMappings: in awsvpc ${hostPort} is the container's port too`),
  ...(new Set(portMappings.map(({ containerPort }) => containerPort)).size < portMappings.length
    ? ['portMappings: one port has one protocol']
    : []),
]

/** What arrives at ECS when the real client registers a task definition: members that ECS does not know do not. */
export const sentToEcs = async (definition: TaskDefinition): Promise<unknown> => {
  const arrived = Promise.withResolvers<unknown>()
  const server = createServer((request, response) => {
    json(request).then(arrived.resolve, arrived.reject)
    response.setHeader('content-type', 'application/x-amz-json-1.1')
    response.end('{}')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = new ECSClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
  try {
    await client.send(new RegisterTaskDefinitionCommand(definition))
    return await arrived.promise
  } finally {
    client.destroy()
    server.close()
  }
}
