import type { Sample } from './comparison.ts'

/** Of the connection that was captured, not of the request; curl sets its own. */
const OWN = new Set([
  ...['connection', 'content-length', 'transfer-encoding', 'keep-alive', 'te', 'trailer', 'upgrade'],
  ...['accept-encoding', 'expect', 'proxy-connection'],
])

/**
 * A command that sends a sample’s request again, for a POSIX shell; null where the request was not kept.
 *
 * @param base address of whom to ask: http://10.0.9.12:8080
 */
export const curlOf = ({ request }: Pick<Sample, 'request'>, base: string): string | null => {
  if (request === null || request.body === null) return null
  const headers: string[] = []
  for (let i = 0; i < request.headers.length; i += 2) {
    const name = request.headers[i] as string
    if (!OWN.has(name.toLowerCase()) && !name.startsWith(':'))
      headers.push(`-H ${quoted(`${name}: ${request.headers[i + 1]}`)}`)
  }
  return [
    `curl -i --compressed -X ${quoted(request.method)}`,
    ...headers,
    ...(request.body === '' ? [] : [`--data-binary ${quoted(request.body)}`]),
    quoted(`${base.replace(/\/+$/, '')}${request.target}`),
  ].join(' ')
}

/** Nothing of what was captured is read by the shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
