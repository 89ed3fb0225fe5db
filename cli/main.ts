#!/usr/bin/env node
import { runIn } from './shell.ts'

const interrupt = new AbortController()
// Through npm an interrupt comes twice: the second is not an order to hurry.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort())

process.exitCode = await runIn(
  {
    environment: process.env,
    out: (line) => console.log(line),
    err: (line) => console.error(line),
    signal: interrupt.signal,
  },
  process.argv.slice(2),
)
