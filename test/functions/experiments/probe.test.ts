import { describe, expect, it } from 'vitest'
import { Probe, probeWords } from '../../../contract/probe.ts'
import { judgeProbe, type Measured } from '../../../functions/experiments/probe.ts'
import { experimentSpec } from '../../support/experiment-spec.ts'

const good: Measured = {
  at: '2026-11-21T12:01:00.000Z',
  seconds: 60,
  sources: 2,
  candidates: 9,
  zones: 2,
  silent: [],
  volume: { packets: 20_000, bytes: 12_000_000 },
  bytesPerSecond: 216_667,
  peakBytesPerSecond: 300_000,
  received: 3_000,
  forwarded: 2_000,
  answered: 1_990,
  bytesPerRequest: 4_000,
  unreadableShare: 0.02,
  truncatedPackets: 0,
  protocols: {},
  expectedUsd: 3.1,
  expectedUsdPerGb: 0.021,
}
const judge = (change: Partial<Measured>, probe: Partial<Probe> = {}, spec = experimentSpec(), waited = 60) =>
  judgeProbe(spec, Probe.parse(probe), { ...good, ...change }, waited)

describe('a probe', () => {
  it('says nothing before it has lasted, and then what it has found', () => {
    expect(judge({ seconds: 59 })).toBeNull()
    expect(judge({ seconds: 59 }, {}, experimentSpec(), 180)?.problems).toEqual([])
    expect(judge({})).toEqual({ ...good, problems: [] })
  })

  it.each<[string, Partial<Measured>, RegExp]>([
    [
      'no packet',
      { volume: { packets: 0, bytes: 0 }, received: 0, silent: ['eni-00000001', 'eni-00000002'] },
      /^No packet of any probed source arrived in 180 s: /,
    ],
    [
      'nothing of one source',
      { silent: ['eni-00000002'] },
      /^Nothing arrived in 180 s of 1 of 2 probed sources: eni-00000002\.$/,
    ],
    [
      'no request that can be read',
      { received: 0, forwarded: 0, answered: 0, bytesPerRequest: null, protocols: { tls: 12 } },
      /^Packets arrive, but no request could be read in them in 180 s\. Connections that carry something else: tls 12\.$/,
    ],
    ['nothing that is forwarded', { forwarded: 0, answered: 0 }, /^None of 3000 requests was forwarded/],
    [
      'a shadow that does not answer',
      { answered: 12 },
      /^The shadow answered 12 of 2000 forwarded requests, less than 50 %\.$/,
    ],
  ])('waits three times as long when it meets %s, and then it is a problem', (_, met, problem) => {
    expect(judge({ ...met, seconds: 170 }, {}, experimentSpec(), 179)).toBeNull()
    expect(judge({ ...met, seconds: 170 }, {}, experimentSpec(), 180)?.problems).toEqual([
      expect.stringMatching(problem),
    ])
  })

  it('does not wait where more time changes nothing: what cannot be read, what is too dear', () => {
    expect(judge({ unreadableShare: 0.61 })?.problems).toEqual([
      '61 % of the mirrored payload is not HTTP that can be read, more than 50 %: it would be paid for nothing.',
    ])
    expect(judge({ expectedUsd: 26 })?.problems).toEqual([
      'All 9 sources are expected to cost $26.00 by the end, more than $25.00.',
    ])
    expect(judge({}, { maxUsd: 3 })?.problems).toHaveLength(1)
    expect(judge({ unreadableShare: 0.61 }, { unreadablePercent: 70 })?.problems).toEqual([])
  })

  it('does not miss answers where nothing is to be forwarded', () => {
    const spec = experimentSpec({ requests: { percent: 0 } })

    expect(judge({ forwarded: 0, answered: 0 }, {}, spec)?.problems).toEqual([])
  })

  it('is told in two sentences', () => {
    expect(probeWords({ ...good, problems: [] })).toBe(
      '2 of 9 sources in 2 zones for 60 s: 0.217 MB/s, 0.300 MB/s at the peak; 3000 requests of 4000 bytes each, ' +
        '100 % of 2000 forwarded answered, 2 % of the payload unreadable. ' +
        'All 9 are expected to cost $3.10 by the end (estimated), $0.021 per GB.',
    )
  })
})
