import { request } from 'node:http'
import { connect } from 'node:net'
import type { HealthCheckDeclaration } from '../world.ts'

/** Null when the target answered well; else the reason as ELB names it. */
export type ProbeResult = null | { reason: string; description: string }

const FAILED = { reason: 'Target.FailedHealthChecks', description: 'Health checks failed' }

/** One real health check. HTTP: any status of 200 to 399, which is the matcher's default for network load balancers. */
export function probe(check: HealthCheckDeclaration, ip: string, port: number): Promise<ProbeResult> {
  const milliseconds = check.timeoutSeconds * 1000
  const late = { reason: 'Target.Timeout', description: 'Request timed out' }
  return new Promise((resolve) => {
    if (check.protocol === 'TCP') {
      const socket = connect({ host: ip, port })
      const finish = (result: ProbeResult) => {
        clearTimeout(timer)
        socket.destroy()
        resolve(result)
      }
      const timer = setTimeout(() => finish(late), milliseconds)
      socket.on('connect', () => finish(null)).on('error', () => finish(FAILED))
      return
    }
    const call = request({ host: ip, port, path: check.path ?? '/', agent: false })
    const finish = (result: ProbeResult) => {
      clearTimeout(timer)
      call.destroy()
      resolve(result)
    }
    const timer = setTimeout(() => finish(late), milliseconds)
    call.setHeader('user-agent', 'ELB-HealthChecker/2.0')
    call
      .on('response', ({ statusCode: status = 0 }) =>
        finish(
          status >= 200 && status < 400
            ? null
            : {
                reason: 'Target.ResponseCodeMismatch',
                description: `Health checks failed with these codes: [${status}]`,
              },
        ),
      )
      .on('error', () => finish(FAILED))
      .end()
  })
}
