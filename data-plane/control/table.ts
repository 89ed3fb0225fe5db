import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'

/** The control plane's table, as a gateway sees it. */
export type ControlTable = { client: DynamoDBDocumentClient; name: string }

/** Looks again in two seconds anyway: better to fail fast than to hang on one connection. */
const CONNECT_MS = 2_000
const REQUEST_MS = 5_000

/** Region, credentials and endpoint come from the environment, by the SDK's own variables. */
export const openControlTable = (name: string): ControlTable => ({
  client: DynamoDBDocumentClient.from(
    new DynamoDBClient({
      maxAttempts: 2,
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        requestTimeout: REQUEST_MS,
        throwOnRequestTimeout: true,
      },
    }),
  ),
  name,
})
