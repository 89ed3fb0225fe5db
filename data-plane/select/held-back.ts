import { HELD_ENDPOINTS_MAX, OTHER_ENDPOINTS } from '../../contract/traffic.ts'
import { endpointOf } from '../compare/endpoint.ts'

/** Writes that were held back, by endpoint: so many by name, the rest as one. */
export class HeldBack {
  readonly #counts = new Map<string, number>()

  count(method: string, target: string): void {
    const endpoint = endpointOf(method, target)
    const name =
      this.#counts.has(endpoint) || this.#counts.size < HELD_ENDPOINTS_MAX ? endpoint : OTHER_ENDPOINTS
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  get counts(): Record<string, number> {
    return Object.fromEntries(this.#counts)
  }
}
