import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
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
    const main = fileURLToPath(new URL('../../../data-plane/main.ts', import.meta.url))
    const args = ['--listen', '127.0.0.1:0', '--port', '8080', '--shadow', 'http://127.0.0.1:9']
    const [command = '', ...rest] = [...before, process.execPath, main, ...args]

    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    await once(child.stdout, 'data')

    const { receiver = [], others = [] } = Object.groupBy(nicenesses(child.pid ?? 0), ({ name }) =>
      name === 'receiver' ? 'receiver' : 'others',
    )
    expect(receiver).toHaveLength(1)
    expect(others.length).toBeGreaterThan(1)
    const [first] = receiver
    expect(others.filter(({ niceness }) => niceness <= (first?.niceness ?? 0))).toEqual([])
  },
)

/** Of each thread: proc_pid_stat(5), the 19th field, counted behind the name. */
const nicenesses = (pid: number) =>
  readdirSync(`/proc/${pid}/task`).map((id) => {
    const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, 'latin1')
    const nameEnd = stat.lastIndexOf(')')
    const fields = stat.slice(nameEnd + 2).split(' ')
    return { name: stat.slice(stat.indexOf('(') + 1, nameEnd), niceness: Number(fields[16]) }
  })
