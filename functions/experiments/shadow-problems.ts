import { isIP } from 'node:net'
import { DEPENDENCIES } from '../../contract/dependency.ts'
import { type AllowedShadows, destinationRefusal, hostRefusal } from '../../contract/destination.ts'
import type { ExperimentSpec } from '../../contract/experiment.ts'
import { allTargets } from '../../contract/forwarding.ts'
import { metricsOf } from '../../contract/resources.ts'
import type { SourceEni } from '../../contract/source.ts'

/** A load balancer that production’s requests come through. */
export type Balancer = Readonly<{ name: string; dnsName: string; addresses: readonly string[] }>

/**
 * Why the shadows of a spec may not be sent to: what is known before anything connects. A copy that is sent back to where it
 * was taken from would be a second request to production.
 */
export const shadowProblems = (
  { shadow, traffic }: ExperimentSpec,
  sources: readonly SourceEni[],
  balancers: readonly Balancer[],
  allowed: AllowedShadows,
): string[] =>
  allTargets(shadow).flatMap(({ url }) => {
    const { host, port } = placeOf(url)
    const source = sources.find(({ address }) => address === host)
    const served = source === undefined ? [] : [{ address: host, ports: traffic.ports ?? null }]
    if (source && destinationRefusal(host, port, null, served) !== null)
      return [
        `The shadow’s address ${url} is production itself (${source.eni}): nothing is forwarded to production.`,
      ]
    const balancer = balancers.find(
      ({ dnsName, addresses }) => isNamed(host, dnsName) || addresses.includes(host),
    )
    if (balancer)
      return [
        `The shadow’s address ${url} is production’s load balancer ${balancer.name}: nothing is forwarded to production.`,
      ]
    const refusal =
      isIP(host) === 0 ? hostRefusal(host, port, allowed) : destinationRefusal(host, port, allowed, [])
    return refusal === null ? [] : [`The shadow’s address ${url} is not allowed: ${refusal}.`]
  })

/** The same of the Prometheus servers that it names: what is known before any is asked. */
export const prometheusProblems = ({ compare }: ExperimentSpec, allowed: AllowedShadows | null): string[] => {
  const asked = compare?.resources ? metricsOf(compare.resources) : []
  const urls = new Set(asked.flatMap(({ metric }) => (metric.from === 'prometheus' ? [metric.url] : [])))
  return [...urls].flatMap((url) => {
    const { host, port } = placeOf(url)
    const refusal =
      allowed === null
        ? 'the deployment allows none'
        : isIP(host) === 0
          ? hostRefusal(host, port, allowed)
          : destinationRefusal(host, port, allowed, [])
    return refusal === null ? [] : [`The Prometheus at ${url} is not allowed: ${refusal}.`]
  })
}

const placeOf = (url: string): { host: string; port: number } => {
  const { hostname, port, protocol } = new URL(url)
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
  }
}

/** A dual-stack name stands for the same load balancer. */
const isNamed = (host: string, dnsName: string): boolean => {
  const plain = (name: string) =>
    name
      .toLowerCase()
      .replace(/^dualstack\./, '')
      .replace(/\.$/, '')
  return dnsName !== '' && plain(host) === plain(dnsName)
}

/** Nothing tells from outside what a shadow is connected to: whoever starts it has to say so. */
export const undeclared = ({ dependencies }: ExperimentSpec): string[] =>
  dependencies === undefined
    ? [
        `Declare in dependencies what the shadow uses (${DEPENDENCIES.join(', ')}), each as own, stub or none: a shadow that shares them with production would act on production.`,
      ]
    : []

const REACHES_OUT = ['mail', 'payment', 'webhooks'] as const

/** What forwarded writes may do outside, even with a shadow that shares nothing. */
export const declaredWarnings = ({ dependencies, requests }: ExperimentSpec): string[] => {
  const own = REACHES_OUT.filter((name) => dependencies?.[name] === 'own')
  const isWritten = requests.writes === 'forward' || requests.select.writes.length > 0
  return isWritten && own.length > 0
    ? [
        `Writes are forwarded, and the shadow has its own ${own.join(' and ')}: make sure that it reaches nobody.`,
      ]
    : []
}
