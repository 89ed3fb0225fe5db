import type { APIGatewayProxyEventV2 } from 'aws-lambda'

type Request = {
  method?: string
  path: string
  query?: Record<string, string>
  headers?: Record<string, string>
  /** Sent as JSON; a string is sent as it is. */
  body?: unknown
  authorizer?: unknown
  base64?: boolean
}

/** What API Gateway’s HTTP API sends to a function for a request (payload format 2.0), for the route $default. */
export const apiEvent = ({
  method = 'GET',
  path,
  query,
  headers = {},
  body,
  authorizer,
  base64 = false,
}: Request) => {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: {
      accept: '*/*',
      host: 'abcdefghij.execute-api.us-east-1.amazonaws.com',
      'x-forwarded-for': '203.0.113.7',
      ...(text !== undefined && {
        'content-length': String(Buffer.byteLength(text)),
        'content-type': 'application/json',
      }),
      ...headers,
    },
    ...(query && { queryStringParameters: query }),
    requestContext: {
      accountId: '123456789012',
      apiId: 'abcdefghij',
      ...(authorizer !== undefined && { authorizer }),
      domainName: 'abcdefghij.execute-api.us-east-1.amazonaws.com',
      domainPrefix: 'abcdefghij',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'curl/8.9.1' },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: '$default',
      stage: '$default',
      time: '21/Nov/2026:12:00:00 +0000',
      timeEpoch: 1_795_262_400_000,
    },
    isBase64Encoded: base64,
    ...(text !== undefined && { body: base64 ? Buffer.from(text).toString('base64') : text }),
  }
  return event
}

/** What Lambda hands to a function beside the event, as far as anything here looks at it. */
export const lambdaContext = {
  callbackWaitsForEmptyEventLoop: true,
  functionName: 'shadowmeter-api',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:shadowmeter-api',
  memoryLimitInMB: '512',
  awsRequestId: '6f4e7c2a-1c1b-4a57-9d5f-0e3f8f0d9b11',
  logGroupName: '/aws/lambda/shadowmeter-api',
  logStreamName: '2026/11/21/[$LATEST]0123456789abcdef',
  getRemainingTimeInMillis: () => 29_000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
}
