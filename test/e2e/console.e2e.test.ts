import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { findBrowser, launchBrowser } from '../support/browser.ts'
import { complaints, MINUTE, open, type Visit } from '../support/console-page.ts'
import { freePorts, startLocalSystem } from '../support/local-system.ts'
import { accessibility } from './console/accessibility.ts'
import { comparison } from './console/comparison.ts'
import { account, endOfExperiment, liveExperiment } from './console/experiment.ts'
import { failures } from './console/failures.ts'
import { schedules } from './console/schedules.ts'
import { startForm } from './console/start-form.ts'
import { evidence, records } from './console/stored-data.ts'

const found = await findBrowser()
if (found.path === null) console.warn(`The console was not tested in a browser: ${found.why}.`)

describe.skipIf(found.path === null)('the console in a real browser', { timeout: 3 * MINUTE }, () => {
  const visit = {} as Visit

  beforeAll(async () => {
    visit.system = await startLocalSystem(['--port', String(await freePorts()), '--tick', '2'])
    visit.browser = await launchBrowser(found.path ?? '')
    visit.page = await open(visit.browser, `${visit.system.console}?token=${visit.system.token}`)
  }, 2 * MINUTE)

  afterAll(async () => {
    await visit.browser?.close()
    await visit.system?.stop()
  })

  afterEach(() => {
    expect(complaints.splice(0)).toEqual([])
  })

  // One system for all: each goes on where the one before left the page. What needs no verdict yet comes before it is there.
  liveExperiment(visit)
  account(visit)
  failures(visit)
  comparison(visit)
  accessibility(visit)
  endOfExperiment(visit)
  evidence(visit)
  startForm(visit)
  records(visit)
  schedules(visit)
})
