// A task for tests of the local AWS endpoints: answers health checks, says what it is, and obeys signals.
import { createServer } from 'node:http'

const [host, port] = process.env.HEALTH.split(':')
let healthy = true

process.on('disconnect', () => process.exit(0))
process.on('SIGTERM', () => {
  if (process.env.STUBBORN === 'yes') return
  process.exit(0)
})

createServer((request, response) => {
  if (request.url === '/die') process.exit(3)
  if (request.url === '/sicken') healthy = false
  if (request.url === '/about') {
    response.end(JSON.stringify({ environment: process.env, pid: process.pid }))
    return
  }
  response.statusCode = healthy ? 200 : 503
  response.end('ok\n')
}).listen(Number(port), host, () => console.log('listening'))
