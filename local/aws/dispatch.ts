import { AwsError } from './aws-error.ts'
import type { CallLog } from './call-log.ts'
import type { Random } from './ids.ts'
import { uuid } from './ids.ts'
import { type Members, ShapeProblem } from './protocol/shape.ts'
import type { Action, Call, Service } from './service.ts'

export type Outcome = { requestId: string; action: Action; output: unknown }

/** The answer to a failed call still names its request. */
export class CallFailed extends Error {
  readonly error: AwsError
  readonly requestId: string

  constructor(error: AwsError, requestId: string) {
    super(error.message, { cause: error })
    this.error = error
    this.requestId = requestId
  }
}

/**
 * Every call goes through here, from the wire or from a schedule: it is admitted, run, saved when it changed something,
 * and logged.
 */
export class Dispatcher {
  readonly #services: readonly Service[]
  readonly #log: CallLog
  readonly #random: Random
  readonly #saved: () => Promise<void>

  /** `saved` resolves when the state is on disk: an answer must not promise what a crash would undo. */
  constructor(services: readonly Service[], log: CallLog, random: Random, saved: () => Promise<void>) {
    this.#services = services
    this.#log = log
    this.#random = random
    this.#saved = saved
  }

  get services(): readonly Service[] {
    return this.#services
  }

  service(scope: string): Service | undefined {
    return this.#services.find((service) => service.scope === scope)
  }

  /** The one whose action needs no signature. */
  unsigned(name: string): Service | undefined {
    return this.#services.find((service) => service.unsigned?.includes(name))
  }

  /** @throws CallFailed */
  async call(
    service: Service,
    name: string,
    decode: (members: Members) => unknown,
    by: { source: Call['source']; userAgent: string },
  ): Promise<Outcome> {
    const call: Call = { requestId: uuid(this.#random), ...by, created: [], deleted: [] }
    let input: unknown = null
    let failure: AwsError | undefined
    try {
      const action = Object.hasOwn(service.actions, name) ? service.actions[name] : undefined
      if (!action) throw unknownAction(service, name)
      input = decode(action.input)
      service.admit?.(name, input as Record<string, unknown>)
      const output = await action.run(input as never, call)
      if (!action.readOnly) await this.#saved()
      return { requestId: call.requestId, action, output }
    } catch (error) {
      failure = asAwsError(service, error)
      throw new CallFailed(failure, call.requestId)
    } finally {
      this.#log.add({
        service: service.scope,
        action: name,
        source: call.source,
        userAgent: call.userAgent,
        requestId: call.requestId,
        errorCode: failure?.code ?? null,
        // Data points would fill the log.
        input: service.scope === 'monitoring' ? null : input,
        created: call.created,
        deleted: call.deleted,
      })
    }
  }
}

export function unknownAction(service: Service, name: string): AwsError {
  const code = service.json && !service.query ? 'UnknownOperationException' : 'InvalidAction'
  return new AwsError(
    code,
    `The action ${name} is not implemented by the local AWS endpoints. ${service.scope} has: ${Object.keys(service.actions).sort().join(', ')}`,
  )
}

function asAwsError(service: Service, error: unknown): AwsError {
  if (error instanceof AwsError) return error
  if (error instanceof ShapeProblem) return service.refuse(error)
  console.error(error)
  return new AwsError('InternalFailure', `The local AWS endpoint failed: ${String(error)}`, 500)
}
