import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { AllowedShadows } from '../../../contract/destination.ts'
import { queryRange } from '../../../functions/watch/prometheus.ts'

const LOOPBACK: AllowedShadows = { ranges: [{ cidr: '127.0.0.0/8' }], hosts: [] }
const START = new Date('2026-11-21T12:00:00.000Z')
const END = new Date('2026-11-21T12:03:00.000Z')

/** A server that answers as told, and what it was asked. */
const serve = async (answer: RequestListener) => {
  const asked: URL[] = []
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://prometheus'))
    answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, port: (server.address() as AddressInfo).port }
}

const say =
  (body: unknown, status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
const matrix = (...result: { values: [number, string][] }[]) => ({
  status: 'success',
  data: { resultType: 'matrix', result: result.map((one) => ({ metric: {}, ...one })) },
})

const ask = (url: string, { allowed = LOOPBACK, patienceMs = 2_000 } = {}) =>
  queryRange(
    { from: 'prometheus', url, query: 'sum(increase(queries_total[1m]))' },
    { start: START, end: END, periodSeconds: 60 },
    allowed,
    patienceMs,
  )

describe('a Prometheus server', () => {
  test('is asked for a value at the end of each period, which is that period’s', async () => {
    const at = START.getTime() / 1000
    const { asked, port } = await serve(
      say(
        matrix({
          values: [
            [at + 60, '12.5'],
            [at + 120, 'NaN'],
            [at + 180, '+Inf'],
            [at + 180, '7'],
          ],
        }),
      ),
    )

    const points = await ask(`http://127.0.0.1:${port}/metrics/`)

    expect(points).toEqual([
      { at: START.getTime(), value: 12.5 },
      { at: START.getTime() + 120_000, value: 7 },
    ])
    expect(asked.map(({ pathname }) => pathname)).toEqual(['/metrics/api/v1/query_range'])
    expect(Object.fromEntries(asked[0]?.searchParams ?? [])).toEqual({
      query: 'sum(increase(queries_total[1m]))',
      start: String(at + 60),
      end: String(at + 180),
      step: '60',
    })
  })

  test('that has nothing to say gives no figures', async () => {
    const { port } = await serve(say(matrix()))

    expect(await ask(`http://localhost:${port}`)).toEqual([])
  })

  test.each<[string, RequestListener, RegExp]>([
    ['answers with several series', say(matrix({ values: [] }, { values: [] })), /^the query gives 2 series/],
    [
      'answers with another type',
      say({ status: 'success', data: { resultType: 'vector', result: [] } }),
      /not one of/,
    ],
    [
      'answers with no JSON',
      (_, response) => response.end('<html>secret</html>'),
      /^the answer is not one of Prometheus/,
    ],
    ['refuses', say({ status: 'error', error: 'secret' }, 422), /^it answered 422$/],
    [
      'sends elsewhere, which is not followed',
      (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
      /^it answered 302$/,
    ],
    ['never ends', (_, response) => void endless(response), /^it answered more than 256 KiB$/],
    ['does not answer', () => {}, /^it did not answer in time$/],
    [
      'drips',
      (_, response) => {
        const timer = setInterval(() => response.write(' '), 20)
        response.once('close', () => clearInterval(timer))
      },
      /^it did not answer in time$/,
    ],
    [
      'breaks off',
      (_, response) =>
        void response.writeHead(200, { 'content-length': 9 }).write('{', () => response.destroy()),
      /^it cannot be reached$/,
    ],
  ])('that %s has no figures, and nothing of what it said is repeated', async (_name, answer, says) => {
    const { port } = await serve(answer)

    await expect(
      ask(`http://127.0.0.1:${port}`, { patienceMs: /in time/.test(says.source) ? 300 : 20_000 }),
    ).rejects.toThrow(says)
  })

  test.each([
    ['an address', '127.0.0.1', /^its address is not allowed: it is in none of the ranges/],
    ['an address in another writing', '[::ffff:127.0.0.1]', /^its address is not allowed/],
    ['a name', 'localhost', /^its name leads to no address that is allowed$/],
  ])('at %s that the deployment does not allow is not even connected to', async (_name, host, says) => {
    const { asked, port } = await serve(say(matrix()))

    const answer = ask(`http://${host}:${port}`, { allowed: { ranges: [{ cidr: '10.0.0.0/8' }], hosts: [] } })

    await expect(answer).rejects.toThrow(says)
    expect(asked).toEqual([])
  })

  test('is never the metadata of an instance or a task, whatever is allowed', async () => {
    const everything = { ranges: [{ cidr: '0.0.0.0/0' }], hosts: [] }

    await expect(ask('http://169.254.169.254', { allowed: everything })).rejects.toThrow('not allowed')
    await expect(ask('http://169.254.170.2', { allowed: everything })).rejects.toThrow('not allowed')
  })
})

const endless = (response: {
  write: (text: string, done: () => void) => void
  destroyed?: boolean
}): void => {
  if (!response.destroyed) response.write(' '.repeat(16 * 1024), () => endless(response))
}
