import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type AllowedShadows, destinationRefusal } from '../../../contract/destination.ts'
import { guardedLookup } from '../../../data-plane/forward/destination.ts'
import { forwarderWith, settingsOf, ticking } from '../../support/forwarding.ts'
import { startRecordingShadow, until } from '../../support/recording-shadow.ts'

const loopback: AllowedShadows = { ranges: [{ cidr: '127.0.0.0/8' }], hosts: [] }
const forbidden =
  (allowed: AllowedShadows | null) =>
  (address: string, port: number): boolean =>
    destinationRefusal(address, port, allowed, []) !== null

/** A server that counts who connects, on an address of its own. */
const counting = async (host: string, port = 0) => {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.on('error', () => {})
    socket.destroy()
  })
  server.listen(port, host)
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

const forwardTo = (url: string, allowed: AllowedShadows | null) => {
  const made = forwarderWith(settingsOf({ url }), { isProduction: forbidden(allowed) })
  const stopTicking = ticking(made.forwarder)
  onTestFinished(async () => {
    stopTicking()
    await made.forwarder.stop(0)
  })
  return made
}

test('a name that leads out of the allowed ranges is not even connected to', async () => {
  const server = await counting('127.0.0.1')
  const { submit, counters } = forwardTo(`http://localhost:${server.port}`, {
    ranges: [{ cidr: '10.90.0.0/16' }],
    hosts: [],
  })

  submit({ target: '/never' })
  await until(() => counters.shadow.failed_connect === 1)

  expect(server.connections()).toBe(0)
})

test.each(['127.0.0.1', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'])(
  'the address %s outside of the allowed ranges is not even connected to',
  async (host) => {
    const server = await counting('127.0.0.1')
    const { submit, counters } = forwardTo(`http://${host}:${server.port}`, {
      ranges: [{ cidr: '10.90.0.0/16' }],
      hosts: [],
    })

    submit({ target: '/never' })
    await until(() => counters.shadow.failed_connect === 1)

    expect(server.connections()).toBe(0)
  },
)

test.each(['169.254.169.254', '[fd00:ec2::254]', '[::ffff:169.254.169.254]', '0.0.0.0'])(
  'metadata and unspecified addresses (%s) are refused at once, even where anything is allowed',
  async (host) => {
    const { submit, counters } = forwardTo(`http://${host}:80`, null)
    const started = performance.now()

    submit({ target: '/latest/meta-data/' })
    await until(() => counters.shadow.failed_connect === 1)

    expect(performance.now() - started).toBeLessThan(1_500)
  },
)

test('a name that leads elsewhere at each connection never leads to a forbidden address', async () => {
  const answers = ['127.0.0.2', '169.254.169.254', '127.0.0.2', '10.0.0.1']
  const shadow = await counting('127.0.0.2')
  const lookup = guardedLookup(shadow.port, forbidden(loopback), (_host, _options, done) => {
    done(null, [{ address: answers.shift() ?? '169.254.169.254', family: 4 }], 4)
  })

  const outcomes: string[] = []
  while (answers.length > 0) {
    const socket = connect({ host: 'rebound.test', port: shadow.port, lookup })
    outcomes.push(
      await new Promise<string>((resolve) => {
        socket.once('connect', () => resolve(socket.remoteAddress ?? ''))
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
      }),
    )
    socket.destroy()
  }

  expect(outcomes).toEqual(['127.0.0.2', 'FORBIDDEN_DESTINATION', '127.0.0.2', 'FORBIDDEN_DESTINATION'])
})

test('of the addresses of a name, only the allowed ones are tried', async () => {
  const shadow = await counting('127.0.0.2')
  const lookup = guardedLookup(shadow.port, forbidden(loopback), (_host, _options, done) => {
    done(
      null,
      [
        { address: '169.254.169.254', family: 4 },
        { address: '127.0.0.2', family: 4 },
      ],
      4,
    )
  })

  const socket = connect({ host: 'two.test', port: shadow.port, lookup, autoSelectFamily: true })
  await once(socket, 'connect')

  expect(socket.remoteAddress).toBe('127.0.0.2')
  socket.destroy()
})

test.each([301, 302, 303, 307, 308])('a redirect (%i) is an answer, not followed', async (status) => {
  const elsewhere = await counting('127.0.0.1')
  const shadow = await startRecordingShadow((_request, response) => {
    response.writeHead(status, { location: `http://127.0.0.1:${elsewhere.port}/metadata` }).end()
  })
  onTestFinished(shadow.stop)
  const { submit, counters } = forwardTo(shadow.url, loopback)

  submit({ target: '/moved' })
  await until(() => counters.shadow.answered_3xx === 1)

  expect(shadow.requests).toHaveLength(1)
  expect(elsewhere.connections()).toBe(0)
})
