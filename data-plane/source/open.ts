import type { DatagramSource, SourceOptions } from './datagram-source.ts'
import { openThreadSource } from './thread.ts'
import { openUdpSource } from './udp.ts'

export type OpenedSource = {
  source: DatagramSource
  /** Why the receiver thread is not used; null when it is. */
  fallback: string | null
}

/** The receiver thread where it can run, else the event loop's own socket. */
export const openSource = async (options: SourceOptions): Promise<OpenedSource> => {
  const unavailable = await threadUnavailable()
  try {
    const source = await (unavailable === null ? openThreadSource(options) : openUdpSource(options))
    return { source, fallback: unavailable }
  } catch (cause) {
    throw new Error(`cannot receive on UDP ${options.host}:${options.port}`, { cause })
  }
}

/** Why a receiver thread cannot run here; null when it can. */
export const threadUnavailable = async (): Promise<string | null> => {
  if (process.platform !== 'linux') return 'a receiver thread needs Linux'
  try {
    await import('koffi')
    return null
  } catch {
    return 'the optional package koffi is not installed'
  }
}
