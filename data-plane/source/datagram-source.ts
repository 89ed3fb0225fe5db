/**
 * Called once per datagram, in batches. The bytes are read in place: `buffer` is reused as soon as the call returns.
 * `source` is the outer source address as a 32-bit number; `at` is when the kernel received the datagram, in
 * milliseconds since the epoch, with fractions.
 */
export type DatagramHandler = (
  buffer: Buffer,
  offset: number,
  length: number,
  source: number,
  at: number,
) => void

/** Datagrams handed over at most before the event loop gets a turn: sockets to the shadow must not starve. */
export const TURN = 512

/** What was lost before it could be handed over. */
export type SourceLosses = {
  /** Datagrams that the kernel dropped because the socket's buffer was full; null where it cannot be known. */
  kernelOverflow: number | null
  /** How often the ring had no room for more: the kernel's buffer fills up meanwhile. */
  ringFull: number
}

/** A bound UDP socket that hands over what it receives until it is stopped. */
export type DatagramSource = {
  /** Receiver thread with a ring, or the event loop's own socket. */
  readonly kind: 'thread' | 'event-loop'
  readonly address: string
  readonly port: number
  losses(): SourceLosses
  /** Closes the socket and resolves when all that was received has been handed over. */
  stop(): Promise<void>
}

export type SourceOptions = {
  /** IPv4 address to bind. */
  host: string
  /** 0 takes any free port. */
  port: number
  /** Told before each turn how full the ring is, 0 to 1; a source without a ring tells nothing. */
  onTurn?: (backlog: number) => void
  /** Several sockets share the address (SO_REUSEPORT): the kernel keeps each outer flow on one of them. */
  shared: boolean
  onDatagram: DatagramHandler
  /** The socket or its thread failed after it had been opened: nothing more will come. */
  onFailure: (error: Error) => void
}

/** An IPv4 address as a 32-bit number; null when it is not one. */
export const addressNumber = (address: string): number | null => {
  const parts = address.split('.')
  if (parts.length !== 4) return null
  let number = 0
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return null
    number = number * 256 + Number(part)
  }
  return number
}
