import type { MirroringSnapshot } from '../aws/mirroring-snapshot.ts'

const RETRY_MS = 500

/**
 * Follows what the AWS endpoint says about mirroring (`GET /-/mirroring`, one JSON document a line) until aborted, and
 * hands each state on. When the endpoint is gone, so is all knowledge of sessions: `null`, until it is back.
 */
export const followMirroring = async (
  endpoint: string,
  onSnapshot: (snapshot: MirroringSnapshot | null) => void,
  signal: AbortSignal,
): Promise<void> => {
  while (!signal.aborted) {
    try {
      const response = await fetch(new URL('/-/mirroring', endpoint), { signal })
      if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`)
      for await (const line of lines(response.body)) onSnapshot(JSON.parse(line) as MirroringSnapshot)
    } catch {
      // Gone or not there yet; asked again below.
    }
    if (signal.aborted) return
    onSnapshot(null)
    await pause(RETRY_MS, signal)
  }
}

async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  for await (const text of body.pipeThrough(new TextDecoderStream() as never) as ReadableStream<string>) {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) if (part !== '') yield part
  }
}

const pause = (milliseconds: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
