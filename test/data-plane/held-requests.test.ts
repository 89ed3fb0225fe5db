import { expect, test } from 'vitest'
import { HeldRequests } from '../../data-plane/held-requests.ts'
import type { Exchange } from '../../data-plane/http/exchange.ts'
import { capturedRequest } from '../support/captured-request.ts'

const start = () => {
  const told: string[] = []
  const counters = { waiting: 0 }
  const held: HeldRequests = new HeldRequests({
    counters,
    onGivenUp: ({ target }, why) => told.push(`${target} ${why}`),
    onExchange: (exchange) => {
      if (!held.keeps(exchange)) told.push(`${exchange.request?.target} answered`)
    },
  })
  return { held, told, counters }
}

const answered = (request: Exchange['request']): Exchange => ({
  ...{ connection: capturedRequest().connection, request, response: null },
})

test('production’s side of a request that is held, perhaps twice, comes behind it', () => {
  const { held, told, counters } = start()
  const [request, other] = [capturedRequest({ target: '/held' }), capturedRequest({ target: '/other' })]
  held.hold(request)

  const kept = [held.keeps(answered(request)), held.keeps(answered(other))]
  held.finish(request, () => {
    told.push('goes on')
    held.hold(request)
  })
  const between = [...told, counters.waiting]
  held.finish(request, () => told.push('goes'))
  held.finish(request, () => told.push('goes again'))

  expect(kept).toEqual([true, false])
  expect(between).toEqual(['goes on', 1])
  expect(told).toEqual(['goes on', 'goes', '/held answered'])
  expect(counters.waiting).toBe(0)
})

test('at the end all are waited for until the deadline, then given up and counted', async () => {
  const { held, told, counters } = start()
  const [soon, never] = [capturedRequest({ target: '/soon' }), capturedRequest({ target: '/never' })]
  held.hold(soon)
  held.hold(never)
  held.keeps(answered(never))

  const settled = held.settle(20)
  held.finish(soon, () => told.push('/soon goes'))
  await settled
  held.finish(never, () => told.push('/never goes'))
  await held.settle(60_000)

  expect(told).toEqual(['/soon goes', '/never dropped.shutdown', '/never answered'])
  expect(counters.waiting).toBe(0)
})
