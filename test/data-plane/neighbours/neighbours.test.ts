import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { BODY_MAX, questionBytes, writeQuestion } from '../../../data-plane/neighbours/body.ts'
import { encode, taskTag } from '../../../data-plane/neighbours/datagram.ts'
import { neighbourKeys } from '../../../data-plane/neighbours/keys.ts'
import { Neighbours } from '../../../data-plane/neighbours/neighbours.ts'
import { hashName, memoryFor, WaitingCopies } from '../../../data-plane/select/waiting-copies.ts'
import { EXPERIMENT, OTHER } from '../../support/gateway-experiment.ts'
import { until as untilSoon } from '../../support/recording-shadow.ts'

/** However busy the machine is. */
const until = (condition: () => boolean) => untilSoon(condition, 20_000)

vi.setConfig({ testTimeout: 30_000 })

const KEY = randomBytes(32).toString('base64')
const HOST = '127.0.0.1'

const cleanups: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

const startTask = async (task: string, clock = Date.now) => {
  const copies = new WaitingCopies(memoryFor(1_024))
  const answers: { worker: number; ids: number[]; by: string }[] = []
  const neighbours = new Neighbours({
    ...{ host: HOST, port: 0, task, copies, clock },
    onAnswers: (worker, _, ids, by) => answers.push({ worker, ids, by }),
  })
  await neighbours.start()
  cleanups.push(() => neighbours.stop())
  neighbours.configure([{ id: EXPERIMENT, key: KEY }])
  const at = { task, address: HOST, port: neighbours.port }
  return { neighbours, copies, answers, at }
}

/** Stands between two tasks: what it gets it keeps, and hands on. */
const startRelay = async (to: number) => {
  const socket = createSocket('udp4')
  socket.bind(0, HOST)
  await once(socket, 'listening')
  const seen: Buffer[] = []
  socket.on('message', (datagram) => {
    seen.push(datagram)
    socket.send(datagram, to, HOST)
  })
  cleanups.push(() => new Promise<void>((resolve) => socket.close(() => resolve())))
  return {
    port: (socket.address() as AddressInfo).port,
    seen,
    send: (one: Buffer) => socket.send(one, to, HOST),
  }
}

const nameOf = (text: string) => [hashName(text)]
const question = (id: number, text: string): Buffer => {
  const names = nameOf(text)
  const body = Buffer.alloc(questionBytes(names))
  writeQuestion(id, names, body, 0)
  return body
}

test('one task gives a copy to the one that asks for it, once, and has it again when it was not needed', async () => {
  const [asker, one] = [await startTask('asker'), await startTask('one')]
  asker.neighbours.introduce([asker.at, one.at])
  one.neighbours.introduce([asker.at, one.at])
  one.copies.add(nameOf('a'), Date.now())

  asker.neighbours.ask(3, EXPERIMENT, question(7, 'a'))
  await until(() => asker.answers.length > 0)
  const isThere = one.copies.take(nameOf('a'), Date.now())
  asker.neighbours.giveBack(3, EXPERIMENT, [7], asker.answers[0]?.by ?? '')
  await until(() => one.neighbours.counts.returned > 0)
  asker.neighbours.giveBack(3, EXPERIMENT, [7], asker.answers[0]?.by ?? '')
  await until(() => one.neighbours.counts.accepted === 3)

  expect(asker.answers).toEqual([{ worker: 3, ids: [7], by: taskTag('one') }])
  expect(isThere).toBe(false)
  expect(one.copies.take(nameOf('a'), Date.now())).toBe(true)
  expect(one.copies.take(nameOf('a'), Date.now())).toBe(false)
  expect(one.neighbours.counts).toMatchObject({ asked: 1, given: 1, returned: 1 })
})

test('a copy that comes after the question is given to it all the same', async () => {
  const [asker, one] = [await startTask('asker'), await startTask('one')]
  asker.neighbours.introduce([one.at])
  one.neighbours.introduce([asker.at])

  // A busy machine may be too late for one: then another one is asked for.
  for (let id = 0; asker.answers.length === 0; id++) {
    asker.neighbours.ask(0, EXPERIMENT, question(id, `late ${id}`))
    await until(() => one.neighbours.counts.asked === id + 1)
    one.copies.add(nameOf(`late ${id}`), Date.now())
    await vi.waitUntil(() => asker.answers.length > 0, { timeout: 1_000, interval: 5 }).catch(() => undefined)
  }

  expect(one.neighbours.counts.given).toBe(asker.answers.length)
})

test('a datagram that is forged, changed, repeated, old or meant for another makes no difference', async () => {
  const [asker, one] = [await startTask('asker'), await startTask('one')]
  const [toOne, toAsker] = [await startRelay(one.at.port), await startRelay(asker.at.port)]
  asker.neighbours.introduce([{ ...one.at, port: toOne.port }])
  one.neighbours.introduce([{ ...asker.at, port: toAsker.port }])
  one.copies.add(nameOf('a'), Date.now())
  asker.neighbours.ask(0, EXPERIMENT, question(7, 'a'))
  await until(() => asker.answers.length > 0)
  for (const name of ['a', 'b', 'c', 'd']) one.copies.add(nameOf(name), Date.now())
  const [asked] = toOne.seen as [Buffer]
  const [answered] = toAsker.seen as [Buffer]

  const made = (
    given: Partial<Parameters<typeof encode>[0]>,
    key = KEY,
    experiment = EXPERIMENT,
    to = 'one',
  ) =>
    encode(
      {
        ...{ kind: 'questions' as const, worker: 0, experiment: neighbourKeys(EXPERIMENT, KEY).tag },
        ...{ sender: taskTag('asker'), microseconds: Date.now() * 1_000 + 500_000, body: question(8, 'b') },
        ...given,
      },
      taskTag(to),
      neighbourKeys(experiment, key),
    )
  const otherKey = randomBytes(32).toString('base64')
  const refused = {
    repeated: [
      asked,
      made({ microseconds: (Date.now() - 60_000) * 1_000 }),
      made({ microseconds: Date.now() * 9_000 }),
    ],
    forged: [
      ...Array.from(asked, (_, at) => changed(asked, at)).slice(26),
      made({}, otherKey),
      made({}, KEY, OTHER),
      made({}, KEY, EXPERIMENT, 'another'),
    ],
    unknown: [made({ sender: taskTag('stranger') }), made({ experiment: neighbourKeys(OTHER, KEY).tag })],
    malformed: [Buffer.alloc(0), Buffer.of(9), asked.subarray(0, 41), randomBytes(BODY_MAX).fill(0, 0, 1)],
  }
  const all = Object.values(refused).flat()
  for (const datagram of all) toOne.send(datagram)
  toAsker.send(answered)
  toAsker.send(changed(answered, 27))
  await until(() => {
    const { repeated, forged, unknown, malformed } = one.neighbours.counts
    return repeated + forged + unknown + malformed === all.length
  })
  await until(() => asker.neighbours.counts.repeated + asker.neighbours.counts.forged === 2)

  expect(one.neighbours.counts).toMatchObject({
    ...{ accepted: 1, asked: 1, given: 1, returned: 0 },
    ...{ repeated: 3, forged: refused.forged.length, unknown: 2, malformed: 4 },
  })
  expect(asker.answers.length).toBe(1)
  for (const name of ['a', 'b', 'c', 'd']) expect(one.copies.take(nameOf(name), Date.now()), name).not.toBe(0)
  // And who is himself goes on being heard.
  asker.neighbours.ask(0, EXPERIMENT, question(9, 'e'))
  await until(() => one.neighbours.counts.asked === 2)
})

const changed = (datagram: Buffer, at: number): Buffer => {
  const other = Buffer.from(datagram)
  other[at] = (other[at] ?? 0) ^ 1
  return other
}

test.each([
  ['questions', 'a question without names', Buffer.from([0, 0, 0, 1, 0])],
  ['questions', 'more names than a request has', Buffer.alloc(5 + 5 * 12, 5)],
  ['questions', 'a question that is cut', question(1, 'a').subarray(0, 9)],
  ['answers', 'half an id', Buffer.alloc(6)],
] as const)(
  '%s from another task with %s is counted as malformed, and nothing of it counts',
  async (kind, _, body) => {
    const one = await startTask('one')
    one.neighbours.introduce([{ task: 'asker', address: HOST, port: 9 }])
    const keys = neighbourKeys(EXPERIMENT, KEY)
    const sender = taskTag('asker')
    const relay = await startRelay(one.at.port)

    relay.send(
      encode(
        { kind, worker: 0, experiment: keys.tag, sender, microseconds: Date.now() * 1_000, body },
        taskTag('one'),
        keys,
      ),
    )
    await until(() => one.neighbours.counts.malformed === 1)

    expect(one.neighbours.counts).toMatchObject({ accepted: 0, asked: 0 })
    expect(one.answers).toEqual([])
  },
)

test('nothing of a request is in a datagram but hashes under the experiment’s key', async () => {
  const [asker, one] = [await startTask('asker'), await startTask('one')]
  const relay = await startRelay(one.at.port)
  asker.neighbours.introduce([{ ...one.at, port: relay.port }])

  asker.neighbours.ask(0, EXPERIMENT, question(1, 'GET /orders/7 r-1'))
  await until(() => relay.seen.length > 0)

  expect(relay.seen[0]?.length).toBe(59)
  expect(relay.seen[0]?.includes('orders')).toBe(false)
  expect(relay.seen[0]?.includes(EXPERIMENT)).toBe(false)
})
