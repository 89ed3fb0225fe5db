import { Agent, request } from 'node:http'
import { integer, pick, type Random } from './random.ts'
import { createShopper, type Visit } from './shopper.ts'

export type TrafficOptions = Readonly<{
  /** Production’s instances. */
  targets: readonly { ip: string; port: number }[]
  /** Addresses to connect from, those of the load balancer in front of production; empty: whatever the system takes. */
  clients: readonly string[]
  random: Random
  /** Milliseconds. */
  now: () => number
}>

export type TrafficCounters = {
  sent: number
  answered: Record<number, number>
  failed: number
  skipped: number
}

/** Requests per second: a day of 45 ± 15, which takes four minutes here. */
export const MEAN_RATE = 45
const SWING = 15
const DAY_MS = 240_000
/** Somebody who has this many answers outstanding has no reason to ask for more. */
const OUTSTANDING_MAX = 100
const HEALTH_CHECK_MS = 5000
/** Of the clients’ connections, those that are closed after one request. */
const SHORT_SHARE = 0.12

const BROWSERS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15',
  'shop-app/7.2 (iOS)',
]

export const ratePerSecond = (elapsedMs: number): number =>
  MEAN_RATE + SWING * Math.sin((2 * Math.PI * elapsedMs) / DAY_MS)

/** Asks production what its clients ask, until stopped. Arrivals are random (Poisson) about a rate that comes and goes. */
export const startTraffic = (options: TrafficOptions) => {
  const { targets, clients, random, now } = options
  const counters: TrafficCounters = { sent: 0, answered: {}, failed: 0, skipped: 0 }
  const agent = new Agent({ keepAlive: true, maxSockets: 8, maxFreeSockets: 8, timeout: 30_000 })
  const visit = createShopper(random)
  const began = now()
  let outstanding = 0
  let timer: NodeJS.Timeout

  const ask = ({ method, path, body }: Visit, target: { ip: string; port: number }, headers = {}) => {
    counters.sent += 1
    outstanding += 1
    const bytes = body === undefined ? null : Buffer.from(JSON.stringify(body))
    const call = request({
      host: target.ip,
      port: target.port,
      method,
      path,
      agent: random() < SHORT_SHARE ? false : agent,
      ...(clients.length > 0 ? { localAddress: pick(random, clients) } : {}),
      headers: {
        host: 'shop.example.com',
        accept: 'application/json',
        'accept-language': pick(random, ['en', 'de-CH', 'pl', 'ja']),
        'user-agent': pick(random, BROWSERS),
        'x-forwarded-for': `203.0.113.${1 + integer(random, 250)}`,
        ...(bytes
          ? { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length }
          : {}),
        ...headers,
      },
      timeout: 10_000,
    })
    const done = () => {
      outstanding -= 1
    }
    call.once('close', done)
    call.on('error', () => {
      counters.failed += 1
    })
    call.on('timeout', () => call.destroy(new Error('no answer in time')))
    call.on('response', (response) => {
      const status = response.statusCode ?? 0
      counters.answered[status] = (counters.answered[status] ?? 0) + 1
      response.resume()
    })
    call.end(bytes ?? undefined)
  }

  const arrive = () => {
    if (outstanding < OUTSTANDING_MAX) ask(visit(), pick(random, targets))
    else counters.skipped += 1
    const gap = (-Math.log(1 - random()) * 1000) / ratePerSecond(now() - began)
    timer = setTimeout(arrive, gap)
  }
  arrive()

  const health = setInterval(() => {
    const headers = { 'user-agent': 'ELB-HealthChecker/2.0', connection: 'close' }
    for (const target of targets) ask({ method: 'GET', path: '/health' }, target, headers)
  }, HEALTH_CHECK_MS)

  return {
    counters,
    stop: () => {
      clearTimeout(timer)
      clearInterval(health)
      agent.destroy()
    },
  }
}
