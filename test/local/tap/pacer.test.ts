import { afterEach, expect, test } from 'vitest'
import { Pacer } from '../../../local/tap/pacer.ts'

const end = { ip: '127.0.0.1', port: 1 }
const number = (n: number) => {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(n)
  return payload
}

let pacer: Pacer
afterEach(() => pacer.close())

test('a burst leaves at the pace of a network, in order and whole', async () => {
  const left: { at: number; n: number }[] = []
  pacer = new Pacer(
    (_from, _to, payload) => left.push({ at: performance.now(), n: payload.readUInt32BE() }) > 0,
    () => performance.now(),
  )
  const began = performance.now()
  for (let n = 0; n < 500; n++) expect(pacer.send(end, end, number(n))).toBe(true)
  expect(left.length).toBeLessThan(100)
  while (left.length < 500) await new Promise((resolve) => setTimeout(resolve, 5))

  expect(left.map(({ n }) => n)).toEqual(Array.from({ length: 500 }, (_, n) => n))
  expect(performance.now() - began).toBeGreaterThan((500 - 32) / 10 - 2)
})

test('what the system has no room for waits, and nothing passes it', async () => {
  const left: number[] = []
  let room = true
  pacer = new Pacer(
    (_from, _to, payload) => room && left.push(payload.readUInt32BE()) > 0,
    () => performance.now(),
  )
  for (let n = 0; n < 60; n++) pacer.send(end, end, number(n))
  room = false
  await new Promise((resolve) => setTimeout(resolve, 30))
  room = true
  while (left.length < 60) await new Promise((resolve) => setTimeout(resolve, 5))

  expect(left).toEqual(Array.from({ length: 60 }, (_, n) => n))
})

test('beyond what may wait it says no', () => {
  pacer = new Pacer(
    () => true,
    () => 0,
  )
  const taken = Array.from({ length: 20_100 }, (_, n) => pacer.send(end, end, number(n)))

  expect(taken.filter(Boolean)).toHaveLength(20_032)
})
