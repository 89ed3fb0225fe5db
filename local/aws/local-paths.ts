import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CallLog } from './call-log.ts'
import type { MetricPoint, Metrics } from './cloudwatch/metrics.ts'
import { taskMetadata } from './ecs/shown.ts'
import type { Tasks } from './ecs/tasks.ts'
import type { MirroringStream } from './mirroring-stream.ts'
import type { State } from './state.ts'

const MAX_BODY_BYTES = 1024 * 1024

export type LocalPaths = {
  state: State
  stream: MirroringStream
  metrics: Metrics
  calls: CallLog
  tableCalls: CallLog
  tasks: Tasks
}

/**
 * What AWS does not have, under `/-/`: the stream for the taps, metrics that AWS itself would feed, the call log, the
 * metadata endpoint of tasks and what they printed. False when the path is none of these.
 */
export async function answerLocally(
  request: IncomingMessage,
  response: ServerResponse,
  paths: LocalPaths,
): Promise<boolean> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (!url.pathname.startsWith('/-/')) return false
  const [, , first = '', second = '', third] = url.pathname.split('/')
  const get = request.method === 'GET'
  if (get && first === 'mirroring') paths.stream.connect(response)
  else if (request.method === 'POST' && first === 'metrics')
    await takeMetrics(request, response, paths.metrics)
  else if (get && first === 'calls') answerCalls(response, url, paths)
  else if (get && first === 'metadata') answerMetadata(response, second, third, paths)
  else if (get && first === 'tasks' && third === 'output') answerOutput(response, second, paths)
  else send(response, 404, { message: `No ${request.method} ${url.pathname}` })
  return true
}

function answerCalls(response: ServerResponse, url: URL, { calls, tableCalls }: LocalPaths): void {
  const after = Number(url.searchParams.get('after') ?? 0)
  const service = url.searchParams.get('service') ?? undefined
  if (!Number.isSafeInteger(after)) send(response, 400, { message: 'after is a number' })
  else if (service === 'dynamodb') send(response, 200, tableCalls.after(after))
  else send(response, 200, calls.after(after, service))
}

function answerMetadata(
  response: ServerResponse,
  taskId: string,
  what: string | undefined,
  { state }: LocalPaths,
): void {
  const task = state.tasks.get(taskId)
  if (task && what === 'task') send(response, 200, taskMetadata(state, task))
  else send(response, 404, { message: `No task ${taskId}` })
}

function answerOutput(response: ServerResponse, taskId: string, { tasks }: LocalPaths): void {
  const output = tasks.output(taskId)
  response.writeHead(output === undefined ? 404 : 200, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(output ?? `No running task ${taskId}\n`)
}

/** `{"points":[{"namespace","name","dimensions":{},"unit","value","at"}]}`, for AWS's own namespaces only. */
async function takeMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  metrics: Metrics,
): Promise<void> {
  try {
    const points = pointsFrom(JSON.parse(await textOf(request)))
    for (const point of points) metrics.put(point)
    send(response, 200, { accepted: points.length })
  } catch (error) {
    send(response, 400, { message: error instanceof Error ? error.message : String(error) })
  }
}

function pointsFrom(body: unknown): MetricPoint[] {
  const { points } = (body ?? {}) as { points?: unknown }
  if (!Array.isArray(points)) throw new Error('points is a list')
  return points.map((point: Record<string, unknown>) => {
    const { namespace, name, value, unit, at, dimensions } = point
    if (typeof namespace !== 'string' || !namespace.startsWith('AWS/'))
      throw new Error('namespace begins with AWS/')
    if (typeof name !== 'string' || typeof value !== 'number' || !Number.isFinite(value)) {
      throw new Error('a point has a name and a numeric value')
    }
    return {
      namespace,
      name,
      dimensions: Object.entries(dimensions ?? {}).map(([key, text]) => ({ name: key, value: String(text) })),
      unit: typeof unit === 'string' ? unit : undefined,
      at: typeof at === 'number' ? at : undefined,
      count: 1,
      sum: value,
      minimum: value,
      maximum: value,
    }
  })
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) throw new Error('the body is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
