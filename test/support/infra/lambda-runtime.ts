import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Handler, PLATFORM } from './sst-bundle.ts'

/** The client of the runtime API that SST itself runs functions with. */
const RUNTIME = join(PLATFORM, 'dist/nodejs-runtime/index.js')
const API = '/2018-06-01/runtime/'

export type Answer = { ok: boolean; payload: unknown }

/**
 * Runs a bundled function in a process of its own against a Lambda runtime API and gives it one event after the other.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export const invoke = async (
  { folder, handler }: Handler,
  events: readonly unknown[],
  environment: Record<string, string>,
): Promise<{ answers: Answer[]; logs: string }> => {
  const answers: Answer[] = []
  const waiting = [...events]
  const done = Promise.withResolvers<void>()
  const server = createServer(async (request, response) => {
    const call = (request.url ?? '').slice(API.length)
    if (call === 'invocation/next') {
      // As Lambda freezes a function that has nothing to do: the call stays open.
      if (waiting.length === 0) return done.resolve()
      response.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': randomUUID(),
        'lambda-runtime-deadline-ms': String(Date.now() + 25_000),
        'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:111122223333:function:under-test',
        'lambda-runtime-trace-id': 'Root=1-0-0',
      })
      response.end(JSON.stringify(waiting.shift()))
      return
    }
    const body = await text(request)
    answers.push({ ok: call.endsWith('/response'), payload: body === '' ? undefined : JSON.parse(body) })
    response.writeHead(202).end('{}')
    if (call === 'init/error') done.resolve()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const child = spawn(process.execPath, [RUNTIME, join(folder, handler)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_LAMBDA_FUNCTION_NAME: 'under-test',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: handler,
      ...environment,
    },
  })
  const output = Promise.all([text(child.stdout), text(child.stderr)])
  await Promise.race([done.promise, once(child, 'exit')])
  child.kill('SIGKILL')
  server.closeAllConnections()
  server.close()
  return { answers, logs: (await output).join('') }
}
