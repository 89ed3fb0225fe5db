import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { SenderAnswer, SenderCall, SenderData } from './vxlan-sender-process.ts'

/** A process that sends mirrored traffic to a gateway. */
export type VxlanSender = {
  /** Opens every connection. */
  open(packetsPerSecond: number): Promise<SenderAnswer>
  /** Sends so many exchanges, the connections taking turns. */
  run(exchangesPerSecond: number, exchanges: number): Promise<SenderAnswer>
  close(): Promise<void>
}

export const startVxlanSender = async (data: SenderData): Promise<VxlanSender> => {
  const child = fork(new URL('./vxlan-sender-process.ts', import.meta.url), [JSON.stringify(data)])
  const exited = once(child, 'exit')
  const answer = async () => {
    const result = await Promise.race([once(child, 'message'), exited.then(() => null)])
    if (result === null) throw new Error('the sender has ended')
    return result[0]
  }
  await answer()
  const call = (what: SenderCall): Promise<SenderAnswer> => {
    child.send(what)
    return answer()
  }
  return {
    open: (packetsPerSecond) => call({ name: 'open', packetsPerSecond }),
    run: (exchangesPerSecond, exchanges) => call({ name: 'run', exchangesPerSecond, exchanges }),
    close: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}
