import { AwsError } from './aws-error.ts'
import { type XmlValue, xml } from './protocol/xml.ts'
import type { Action, Service } from './service.ts'

/** An HTTP answer in one of AWS's protocols. */
export type Answer = { status: number; headers: Record<string, string>; body: string | Buffer }

export type Protocol = 'query' | 'json' | 'rest'

export function success(
  service: Service,
  protocol: Protocol,
  name: string,
  action: Action,
  output: unknown,
  requestId: string,
): Answer {
  if (protocol === 'query' && service.query) {
    const tree = (action.toXml ? action.toXml(output as never) : output) as Record<string, XmlValue>
    const attributes = ` xmlns="${service.query.namespace}"`
    const root = `${name}Response`
    const body =
      service.query.dialect === 'ec2'
        ? `<${root}${attributes}>${xml('requestId', requestId, 'item')}${children(tree, 'item')}</${root}>`
        : `<${root}${attributes}>${xml(`${name}Result`, tree ?? {}, 'member')}${xml('ResponseMetadata', { RequestId: requestId }, 'member')}</${root}>`
    return xmlAnswer(200, body, requestId)
  }
  return jsonAnswer(service, protocol, 200, output ?? {}, requestId, {})
}

export function failure(
  service: Service | undefined,
  protocol: Protocol,
  error: AwsError,
  requestId: string,
): Answer {
  const { code, message, status } = error
  const type = status < 500 ? 'Sender' : 'Receiver'
  if (protocol === 'query') {
    const dialect = service?.query?.dialect ?? 'ec2'
    const body =
      dialect === 'ec2'
        ? `<Response><Errors><Error>${xml('Code', code, 'item')}${xml('Message', message, 'item')}</Error></Errors>${xml('RequestID', requestId, 'item')}</Response>`
        : `<ErrorResponse xmlns="${service?.query?.namespace}">${xml('Error', { Type: type, Code: code, Message: message }, 'member')}${xml('RequestId', requestId, 'member')}</ErrorResponse>`
    return xmlAnswer(status, body, requestId)
  }
  if (protocol === 'rest') {
    return jsonAnswer(service, protocol, status, { Message: message }, requestId, {
      'x-amzn-errortype': code,
    })
  }
  const headers: Record<string, string> = service?.json?.queryCompatible
    ? { 'x-amzn-query-error': `${code};${type}` }
    : {}
  return jsonAnswer(service, protocol, status, { __type: code, message }, requestId, headers)
}

function children(tree: Record<string, XmlValue>, element: 'item' | 'member'): string {
  return Object.entries(tree ?? {})
    .map(([name, value]) => xml(name, value, element))
    .join('')
}

function xmlAnswer(status: number, body: string, requestId: string): Answer {
  return {
    status,
    headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  }
}

function jsonAnswer(
  service: Service | undefined,
  protocol: Protocol,
  status: number,
  body: unknown,
  requestId: string,
  headers: Record<string, string>,
): Answer {
  const type =
    protocol === 'rest' ? 'application/json' : `application/x-amz-json-${service?.json?.version ?? '1.0'}`
  return {
    status,
    headers: { 'content-type': type, 'x-amzn-requestid': requestId, ...headers },
    body: JSON.stringify(body, secondsForDates),
  }
}

/** AWS's JSON protocols give times as seconds; JSON.stringify would have made text of a Date already. */
function secondsForDates(this: unknown, key: string, value: unknown): unknown {
  const raw = (this as Record<string, unknown>)[key]
  return raw instanceof Date ? raw.getTime() / 1000 : value
}

/** For requests that reach no service. */
export function noService(scope: string | undefined, known: readonly string[]): AwsError {
  return scope === undefined
    ? new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403)
    : new AwsError(
        'InvalidAction',
        `The local AWS endpoints have no service ${scope}. They have: ${[...known].sort().join(', ')}`,
      )
}
