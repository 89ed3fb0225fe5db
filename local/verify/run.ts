import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, makeClients, readAccount } from './account.ts'
import { checkDeployment } from './checklist.ts'
import { Leftovers } from './leftovers.ts'
import type { VerifyOptions } from './options.ts'
import { capture } from './probe/capture.ts'
import { filter } from './probe/filter.ts'
import { instance } from './probe/instance.ts'
import { lookup } from './probe/lookup.ts'
import { schedule } from './probe/schedule.ts'
import { service } from './probe/service.ts'
import { session } from './probe/session.ts'
import { source } from './probe/source.ts'
import { throttle } from './probe/throttle.ts'
import { type Bench, type Findings, type Probe, unseen } from './probe.ts'
import { checkLines, complete, type Report, switchLines } from './report.ts'
import { tagsOfRun } from './tags.ts'

const PROBES: readonly Probe[] = [
  lookup,
  capture,
  filter,
  session,
  source,
  schedule,
  service,
  instance,
  throttle,
]

export type Talk = {
  say: (line: string) => void
  /** Null where nobody can be asked. */
  ask: ((question: string) => Promise<boolean>) | null
}

/** Looks, asks, looks further, and leaves nothing behind. @throws AccountError */
export const verify = async (options: VerifyOptions, talk: Talk, stop: AbortSignal): Promise<Report> => {
  const clients = makeClients(options.region)
  try {
    const account = await readAccount(clients, options.deployment)
    talk.say(`${options.deployment} in account ${account.number}`)
    const checks = await checkDeployment(account)
    for (const line of checkLines(checks)) talk.say(line)
    const { findings, left } = await runProbes(account, options, talk, stop)
    const switches = complete(findings)
    talk.say('')
    for (const line of switchLines(switches)) talk.say(line)
    for (const one of left) talk.say(`LEFT BEHIND  ${one}`)
    return { account: account.number, deployment: options.deployment, checks, switches, left }
  } finally {
    for (const client of Object.values(clients)) client.destroy()
  }
}

const runProbes = async (account: Account, options: VerifyOptions, talk: Talk, stop: AbortSignal) => {
  const leftovers = new Leftovers()
  const run = Date.now().toString(36)
  const pause = (milliseconds: number) => sleep(milliseconds, undefined, { signal: stop })
  const tags = tagsOfRun(account.deployment, Date.now())
  const bench: Bench = { account, options, leftovers, run, tags, pause }
  const able = PROBES.filter(({ missing }) => !missing?.(options))
  const findings: Findings = {}
  for (const probe of PROBES) {
    const why = probe.missing?.(options)
    if (why) Object.assign(findings, unseen(probe.switches, why))
  }
  for (const probe of able.filter(({ changes }) => changes === null)) await look(probe, bench, findings, stop)
  const changing = able.filter(({ changes }) => changes !== null)
  const may = await mayChange(changing, bench, talk)
  if (!may)
    for (const { switches } of changing)
      Object.assign(findings, unseen(switches, 'it may not create: see --yes'))
  else {
    await Promise.all(
      changing.filter((one) => one !== throttle).map((one) => look(one, bench, findings, stop)),
    )
    // Makes the others wait, and so comes last.
    if (changing.includes(throttle)) await look(throttle, bench, findings, stop)
  }
  return { findings, left: await leftovers.removeAll() }
}

/** A probe that fails says so for its switches, and keeps no other from looking. */
const look = async (probe: Probe, bench: Bench, findings: Findings, stop: AbortSignal): Promise<void> => {
  if (stop.aborted) {
    Object.assign(findings, unseen(probe.switches, 'the run was ended before'))
    return
  }
  try {
    Object.assign(findings, await probe.run(bench))
  } catch (error) {
    const { name, message } = error as Error
    Object.assign(
      findings,
      unseen(probe.switches, stop.aborted ? 'the run was ended' : `${name}: ${message}`),
    )
  }
}

const mayChange = async (probes: readonly Probe[], bench: Bench, { say, ask }: Talk): Promise<boolean> => {
  const { create } = bench.options
  if (create === 'no') return false
  const changes: string[] = []
  for (const { changes: list } of probes) changes.push(...((await list?.(bench)) ?? []))
  say('')
  say(`To see more it would create, with the tags of ${bench.account.deployment}, and delete at the end:`)
  for (const change of changes) say(`- ${change}`)
  if (create === 'yes') return true
  return ask === null ? false : ask(`In account ${bench.account.number}: go on?`)
}
