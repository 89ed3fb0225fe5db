import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { threadUnavailable } from '../../../data-plane/source/open.ts'

const unavailable = await threadUnavailable()
if (unavailable !== null) console.log(`receiver thread not tested: ${unavailable}`)

/** As in a container that has dropped all capabilities. */
const WITHOUT_RIGHTS = ['setpriv', '--bounding-set=-sys_nice', '--inh-caps=-sys_nice']
const canDropRights = process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0
if (!canDropRights) console.log('receiver thread is tested with the rights of this user only')

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

const rights: [string, readonly string[]][] = [['with the rights of this user', []]]
if (canDropRights) rights.push(['without the right to be preferred', WITHOUT_RIGHTS])

test.skipIf(unavailable !== null).each(rights)(
  '%s the receiver runs before every other thread of the gateway',
  async (_name, before) => {
    const { child } = await startGateway(before)

    const { receiver = [], others = [] } = Object.groupBy(nicenesses(child.pid ?? 0), ({ name }) =>
      name === 'receiver' ? 'receiver' : 'others',
    )
    expect(receiver).toHaveLength(1)
    expect(others.length).toBeGreaterThan(1)
    const [first] = receiver
    expect(others.filter(({ niceness }) => niceness <= (first?.niceness ?? 0))).toEqual([])
  },
)

test.skipIf(unavailable !== null)(
  'a gateway that may not run keeps more than one socket of the system can',
  async () => {
    const { child, port } = await startGateway()
    const rest = text(child.stdout)

    child.kill('SIGSTOP')
    await sendFromEach(SOURCES, PACKETS_OF_EACH, port)
    child.kill('SIGCONT')
    await sleep(500)
    child.kill('SIGTERM')

    const { datagrams } = JSON.parse(await rest)
    expect(datagrams).toMatchObject({ received: SOURCES * PACKETS_OF_EACH, kernel_overflow: 0 })
  },
)

/** 220 packets of 1,400 bytes; the system's default buffer holds 92. */
const SOURCES = 44
const PACKETS_OF_EACH = 5

const sendFromEach = async (sources: number, packets: number, port: number): Promise<void> => {
  for (let source = 0; source < sources; source++) {
    const socket = createSocket('udp4')
    for (let sent = 0; sent < packets; sent++)
      await new Promise((done) => socket.send(Buffer.alloc(1_400), port, '127.0.0.1', done))
    socket.close()
  }
}

const startGateway = async (before: readonly string[] = []) => {
  const main = fileURLToPath(new URL('../../../data-plane/main.ts', import.meta.url))
  const args = ['--listen', '127.0.0.1:0', '--port', '8080', '--shadow', 'http://127.0.0.1:9']
  const [command = '', ...rest] = [...before, process.execPath, main, ...args]
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [line] = await once(child.stdout, 'data')
  return { child, port: Number(/ready on udp [\d.]+:(\d+)/.exec(String(line))?.[1]) }
}

/** Of each thread: proc_pid_stat(5), the 19th field, counted behind the name. */
const nicenesses = (pid: number) =>
  readdirSync(`/proc/${pid}/task`).map((id) => {
    const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, 'latin1')
    const nameEnd = stat.lastIndexOf(')')
    const fields = stat.slice(nameEnd + 2).split(' ')
    return { name: stat.slice(stat.indexOf('(') + 1, nameEnd), niceness: Number(fields[16]) }
  })
