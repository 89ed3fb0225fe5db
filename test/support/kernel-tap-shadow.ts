/** The shadow of the kernel tap, a process of its own: tells its parent of every request that it read to the end. */
import { createServer } from 'node:http'
import { record } from './kernel-tap-requests.ts'

const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    process.send?.(record(request.method ?? '', request.url ?? '', request.rawHeaders, Buffer.concat(parts)))
    response.end('shadow')
  })
})
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.send?.('listening'))
process.once('disconnect', () => process.exit())
