import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Logger } from '@aws-lambda-powertools/logger'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { VERSION } from '../contract/version.ts'
import { readConfig } from './config.ts'
import { makeApi } from './http/api.ts'
import { hurry } from './http/hurry.ts'
import type { ControlPlane, Log } from './reconcile/control-plane.ts'
import { PriceBook } from './store/prices.ts'
import { openTable } from './store/table.ts'

const config = readConfig(process.env)
const logger = new Logger({ serviceName: 'shadowmeter-api' })
const log: Log = (level, message, more = {}) => logger[level](message, more)

/** Only few requests need more than the table: the clients of the other services are loaded when one does. */
const openPlane = async (): Promise<ControlPlane> => {
  const { openControlPlane } = await import('./reconcile/control-plane.ts')
  return openControlPlane(config, { now: Date.now, sleep, randomBytes, log })
}
let opened: Promise<ControlPlane> | undefined
const plane = (): Promise<ControlPlane> => {
  opened ??= openPlane()
  return opened
}

const table = openTable(new DynamoDBClient({ region: config.region }), config.table)

/** The API on Lambda: an API Gateway HTTP API event (payload 2.0) in, its response out. */
export const handler = makeApi(
  {
    config,
    table,
    prices: new PriceBook(table, config.region, Date.now),
    plane,
    now: () => new Date(),
    random: randomBytes,
    hurry: (experiment) => hurry(plane, experiment),
  },
  {
    // On Lambda every request has passed an authorizer; a system on one’s own machine has none.
    anonymous: process.env.AWS_LAMBDA_FUNCTION_NAME === undefined ? 'local' : null,
    version: VERSION,
    log,
  },
)
