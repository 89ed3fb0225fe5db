import { describe, expect, it } from 'vitest'
import { crossAzShare } from '../../../functions/cost/cross-az.ts'

describe('the share of bytes between zones', () => {
  it.each([
    ['three zones, spread evenly', ['a', 'b', 'c'], ['a', 'b', 'c'], true, 2 / 3],
    ['all in one zone', ['a', 'a'], ['a'], true, 0],
    ['tasks elsewhere', ['a'], ['b', 'c'], true, 1],
    ['two of three sources beside the only task', ['a', 'a', 'b'], ['a'], true, 1 / 3],
    ['zones not known yet', ['a'], [], true, 1],
    ['cross-zone off', ['a', 'b', 'c'], ['a', 'b', 'c'], false, 0],
  ])('%s', (_, sources, tasks, crossZone, share) => {
    const known = crossAzShare(sources, tasks, crossZone)

    expect(known.share).toBeCloseTo(share, 12)
    expect(known.because).toMatch(/zone/)
  })
})
