/** IANA protocol numbers that have ports. */
export const TCP = 6
export const UDP = 17

/** What a mirror filter and the hashes look at: one packet's 5-tuple. Addresses are IPv4, as numbers. */
export type Flow = Readonly<{
  protocol: number
  source: number
  destination: number
  /** 0 where the protocol has no ports. */
  sourcePort: number
  destinationPort: number
}>

export const hasPorts = (protocol: number): boolean => protocol === TCP || protocol === UDP

export const reversed = (flow: Flow): Flow => ({
  protocol: flow.protocol,
  source: flow.destination,
  destination: flow.source,
  sourcePort: flow.destinationPort,
  destinationPort: flow.sourcePort,
})
