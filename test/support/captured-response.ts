import type { Response } from '../../data-plane/http/exchange.ts'

/** A complete response as the packet path hands it on; what matters to a test is given. */
export const capturedResponse = (given: Partial<Response> = {}): Response => {
  const body = given.body ?? Buffer.alloc(0)
  return {
    connection: {
      id: 1,
      vni: 42,
      client: { address: '10.0.0.7', port: 50_123 },
      server: { address: '10.0.1.9', port: 8080 },
    },
    kind: 'http1',
    stream: 0,
    version: '1.1',
    status: 200,
    reason: 'OK',
    interim: [],
    tunnel: false,
    headers: [],
    trailers: [],
    body,
    bodyLength: body.length,
    complete: true,
    incomplete: null,
    start: 'framed',
    firstAt: 1_795_000_000_006,
    lastAt: 1_795_000_000_006,
    ...given,
  }
}
