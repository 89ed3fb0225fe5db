import { BlockList } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { subnetOf } from '../../infra/subnets.ts'

const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7]

describe('subnets of a new VPC', () => {
  it('are eighths of its range, in their order', () => {
    expect(EIGHT.map((at) => subnetOf('10.90.0.0/16', at))).toEqual([
      '10.90.0.0/19',
      '10.90.32.0/19',
      '10.90.64.0/19',
      '10.90.96.0/19',
      '10.90.128.0/19',
      '10.90.160.0/19',
      '10.90.192.0/19',
      '10.90.224.0/19',
    ])
    expect(subnetOf('172.31.5.9/22', 7)).toBe('172.31.7.128/25')
  })

  it('lie within its range and beside each other, whatever it is', () => {
    const range = fc.tuple(
      fc.tuple(...EIGHT.slice(0, 4).map(() => fc.nat(255))),
      fc.integer({ min: 16, max: 22 }),
    )
    fc.assert(
      fc.property(range, ([bytes, length]) => {
        const vpc = new BlockList()
        vpc.addSubnet(bytes.join('.'), length)
        const taken = new BlockList()
        for (const at of EIGHT) {
          const [address = '', size = ''] = subnetOf(`${bytes.join('.')}/${length}`, at).split('/')
          expect(vpc.check(address)).toBe(true)
          expect(taken.check(address)).toBe(false)
          expect(Number(size)).toBe(length + 3)
          taken.addSubnet(address, Number(size))
        }
      }),
    )
  })
})
