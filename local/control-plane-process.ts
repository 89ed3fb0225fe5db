import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { handler as api } from '../functions/api.ts'
import { handler as deadLetters } from '../functions/dead-letters.ts'
import { handler as events } from '../functions/events.ts'
import { handler as schedules } from '../functions/schedules.ts'
import { CONTROL_FUNCTION, DEAD_LETTERS_FUNCTION, EVENTS_FUNCTION } from './account.ts'
import { readConsole } from './control-plane/console-files.ts'
import type { LambdaFunction } from './control-plane/lambda.ts'
import { type ApiFunction, createControlPlane } from './control-plane/server.ts'
import { Token } from './control-plane/token.ts'
import { runChild } from './run-child.ts'

export type ControlPlaneOptions = { port: number; token: string; invokePath: string }

/** The control plane’s functions with HTTP around them. Their configuration is this process’s environment. */
await runChild<ControlPlaneOptions>(async ({ port, token, invokePath }) => {
  const server = createControlPlane({
    api: api as ApiFunction,
    functions: {
      [CONTROL_FUNCTION]: schedules as LambdaFunction,
      [EVENTS_FUNCTION]: events as LambdaFunction,
      [DEAD_LETTERS_FUNCTION]: deadLetters as LambdaFunction,
    },
    console: await readConsole(fileURLToPath(new URL('../web/dist', import.meta.url))),
    token: new Token(token, port),
    invokePath,
    log: (line) => console.error(line),
  })
  server.listen({ host: '127.0.0.1', port, exclusive: true })
  await once(server, 'listening')
  return {
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      // What is under way may take a moment, a browser’s open connection for ever.
      setTimeout(() => server.closeAllConnections(), 2000).unref()
      await closed
    },
  }
})
