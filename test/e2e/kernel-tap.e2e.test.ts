import { afterEach, describe, expect, it } from 'vitest'
import { GATEWAY_IMAGE } from '../support/gateway-container.ts'
import { type KernelTap, kernelTapUnavailable, ownNamespaces } from '../support/kernel-tap.ts'
import { differences, NONE, type RunOptions, runKernelTap, sent } from '../support/kernel-tap-run.ts'

const unavailable = await kernelTapUnavailable()
if (unavailable !== null) console.warn(`Not run, the Linux kernel as tap: ${unavailable}`)

describe.skipIf(unavailable !== null)('the Linux kernel as tap', { timeout: 180_000 }, () => {
  let tap: KernelTap | null = null
  afterEach(() => {
    tap?.close()
    expect(ownNamespaces()).toEqual([])
  })

  const run = (options: Omit<RunOptions, 'image'>) =>
    runKernelTap({ ...options, image: GATEWAY_IMAGE }, (opened) => {
      tap = opened
    })

  it.each([1500, 9000])(
    'gives the shadow every request exactly once, byte for byte, at an MTU of %d',
    async (mtu) => {
      const { shadow, summary, mirrored } = await run({ mtu })

      expect(summary.datagrams).toMatchObject({ accepted: mirrored, kernel_overflow: 0 })
      expect(differences(shadow)).toEqual(NONE)
      expect(summary.requests).toMatchObject({ received: sent.length, forwarded: sent.length, incomplete: 0 })
      expect(summary.violations).toEqual([])
    },
  )

  it('forwards nothing that was not sent when packets are lost, and counts what is incomplete', async () => {
    const { shadow, summary, lost } = await run({ mtu: 1500, loss: 5 })

    expect(lost).toBeGreaterThan(0)
    expect(differences(shadow).unexpected).toEqual([])
    const { received, forwarded, incomplete } = summary.requests
    expect(forwarded).toBe(shadow.length)
    expect(forwarded).toBeGreaterThan(sent.length / 2)
    expect(incomplete).toBeGreaterThan(0)
    expect(received).toBe(forwarded + incomplete)
    expect(received).toBeLessThanOrEqual(sent.length)
    expect(summary.gapBytes).toBeGreaterThan(0)
    expect(summary.violations).toEqual([])
  })

  it('gives the shadow every request exactly once when packets come late and twice', async () => {
    const relaySeed = Math.floor(Math.random() * 2 ** 31)
    console.info(`seed of the relay: ${relaySeed}`)

    const { shadow, summary, relayed, mirrored } = await run({ mtu: 1500, relaySeed })

    expect(relayed?.late).toBeGreaterThan(100)
    expect(relayed?.received).toBe(mirrored)
    expect(relayed?.sent).toBeGreaterThan(mirrored)
    expect(summary.datagrams.kernel_overflow).toBe(0)
    expect(differences(shadow)).toEqual(NONE)
    expect(summary.violations).toEqual([])
  })
})
