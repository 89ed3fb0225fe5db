import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/aws-clients.ts'
import { processesBelow } from '../support/local-system.ts'
import { NOTHING_LEFT, startOutage } from '../support/outage.ts'

/** The local tick is 5 seconds, so its lease is 15; a schedule fires within its second. */
const LEASE_SECONDS = 15

test('without its control plane packets stop at the lease, sessions and gateways go by their own schedules', async () => {
  const outage = await startOutage()
  onTestFinished(outage.stop)
  const local = await outage.start()
  const { endAt } = await local.mirror(40)
  const [controlPlane = 0] = processesBelow(local.process.pid ?? 0, 'control-plane-process.ts')
  process.kill(controlPlane, 'SIGKILL')
  const killedAt = Date.now()

  await eventually(async () => (await local.left()).rules === 0, (LEASE_SECONDS + 10) * 1000)
  await new Promise((resolve) => setTimeout(resolve, 2000))
  const stoppedAfter = (outage.lastArrival() - killedAt) / 1000
  expect(stoppedAfter).toBeGreaterThan(0)
  expect(stoppedAfter).toBeLessThan(LEASE_SECONDS + 5)

  await eventually(
    async () => JSON.stringify(await local.left()) === JSON.stringify(NOTHING_LEFT),
    Date.parse(endAt) - Date.now() + 60_000,
  )
  expect(outage.lastArrival()).toBeLessThan(Date.parse(endAt))
}, 150_000)
