const LAMBDA_MILLISECONDS = 30_000

/** A delivery that failed; `retryable` when trying again may help. */
export class DeliveryError extends Error {
  readonly code: string
  readonly retryable: boolean

  constructor(code: string, message: string, retryable: boolean) {
    super(message)
    this.code = code
    this.retryable = retryable
  }
}

/**
 * As AWS’s services invoke functions: asynchronously, so that what happens inside is the function’s affair, or waiting
 * for its answer, so that its failure is one of the delivery.
 * @throws DeliveryError
 */
export async function invokeFunction(
  name: string,
  input: string,
  endpoint: string | undefined,
  userAgent: string,
  type: 'Event' | 'RequestResponse' = 'Event',
): Promise<void> {
  let response: Response
  try {
    response = await fetch(`${endpoint}/2015-03-31/functions/${name}/invocations`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-amz-invocation-type': type,
        'user-agent': userAgent,
      },
      body: input === '' ? '{}' : input,
      signal: AbortSignal.timeout(LAMBDA_MILLISECONDS),
    })
    await response.arrayBuffer()
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    throw new DeliveryError(
      'SERVICE_UNAVAILABLE',
      `The function ${name} could not be reached: ${cause}`,
      true,
    )
  }
  const failed = response.headers.get('x-amz-function-error')
  if (failed !== null) throw new DeliveryError(failed, `The function ${name} failed`, true)
  if (response.ok) return
  const code = response.headers.get('x-amzn-errortype') ?? `HTTP_${response.status}`
  throw new DeliveryError(code, `The function ${name} answered ${response.status}`, response.status >= 429)
}
