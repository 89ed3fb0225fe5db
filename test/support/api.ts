import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import * as z from 'zod'
import { catalogue } from '../../contract/catalogue.ts'
import type { Operation } from '../../contract/operation.ts'
import { Problem } from '../../contract/problem.ts'
import { closeClients } from '../../functions/clients.ts'
import type { Config } from '../../functions/config.ts'
import { type ApiHandler, type ApiOptions, makeApi } from '../../functions/http/api.ts'
import { hurry } from '../../functions/http/hurry.ts'
import type { Surroundings } from '../../functions/operations/context.ts'
import { type ControlPlane, openControlPlane } from '../../functions/reconcile/control-plane.ts'
import { apiEvent, lambdaContext } from './api-event.ts'
import { createTestTable } from './table.ts'

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

/** A DynamoDB on a free port, in memory. */
export const startDynamo = async (): Promise<{ endpoint: string; close: () => Promise<void> }> => {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

export const createTable = async (endpoint: string, name: string): Promise<void> => {
  const dynamo = new DynamoDBClient({ region: 'us-east-1', endpoint, credentials })
  await createTestTable(dynamo, name)
  dynamo.destroy()
}

export type ApiUnderTest = {
  /** Sends a request, and checks that what comes back is what the catalogue, or RFC 9457, promises. */
  send: (request: Parameters<typeof apiEvent>[0]) => Promise<ApiAnswer>
  handler: ApiHandler
  surroundings: Surroundings
  logged: unknown[][]
  close: () => void
}
export type ApiAnswer = {
  status: number
  headers: Record<string, string>
  // biome-ignore lint/suspicious/noExplicitAny: whatever was answered
  body: any
}

/** The API with all AWS services at one endpoint, as its entry point puts it together. */
export const openApiAt = (
  endpoint: string,
  config: Config,
  options: Partial<ApiOptions> = {},
): ApiUnderTest => {
  const surroundings = {
    now: Date.now,
    sleep: (milliseconds: number) => sleep(milliseconds),
    randomBytes,
    log: () => {},
  }
  return openApiOver(openControlPlane(config, surroundings, { endpoint, credentials }), options)
}

/** The API of a control plane that is open already, at that one’s own time. */
export const openApiOver = (plane: ControlPlane, options: Partial<ApiOptions> = {}): ApiUnderTest => {
  const logged: unknown[][] = []
  const { config, table, prices } = plane
  const surroundings: Surroundings = {
    config,
    table,
    prices,
    plane: async () => plane,
    now: () => new Date(plane.now()),
    random: plane.randomBytes,
    hurry: (experiment) => hurry(async () => plane, experiment),
  }
  const handler = makeApi(surroundings, {
    anonymous: 'local',
    version: '0.0.0',
    log: (level, message, more) => logged.push([level, message, String(more?.error)]),
    ...options,
  })
  return {
    handler,
    surroundings,
    logged,
    send: async (request) => {
      const answer = await handler(apiEvent(request), lambdaContext)
      const body: unknown = JSON.parse(answer.body ?? 'null')
      const status = answer.statusCode ?? 200
      const headers = answer.headers as Record<string, string>
      if (status >= 400) {
        z.strictObject(Problem.shape).parse(body)
        if (headers['content-type'] !== 'application/problem+json') throw new Error('not marked as a problem')
      } else resultOf(request.method ?? 'GET', request.path)?.parse(body)
      return { status, headers, body }
    },
    close: () => closeClients(plane.clients),
  }
}

const resultOf = (method: string, path: string) =>
  Object.values<Operation>(catalogue).find(({ route }) =>
    new RegExp(`^${route.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(`${method} ${path}`),
  )?.result
