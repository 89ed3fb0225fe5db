/** The mirrored service, a process of its own: reads every request whole and answers with as many bytes as it asks for. */
import { createServer } from 'node:http'
import { PRODUCTION_ADDRESS, PRODUCTION_PORT } from './kernel-tap.ts'

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    const bytes = Number(new URL(request.url ?? '/', 'http://production').searchParams.get('answer'))
    response.setHeader('Content-Length', bytes)
    response.end(Buffer.alloc(bytes, 'production'))
  })
})
server.listen(PRODUCTION_PORT, PRODUCTION_ADDRESS, () => process.send?.('listening'))
process.once('disconnect', () => process.exit())
