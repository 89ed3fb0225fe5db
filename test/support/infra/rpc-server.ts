import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { ACCOUNT } from './made-up.ts'
import { bundleHandler, ROOT } from './sst-bundle.ts'

type Call = { method: string; params: [{ functionID: string; handler: string }] }

/**
 * What the SST CLI answers to the program that it runs: JSON over HTTP. Handlers are really bundled. Does not keep the
 * process alive. Returns its address.
 */
export const startRpcServer = async (region: string): Promise<string> => {
  const answers: Record<string, (argument: Call['params'][0]) => unknown> = {
    'Provider.Aws.Bootstrap': () => ({
      asset: 'sst-asset-mock',
      state: 'sst-state-mock',
      assetEcrRegistryId: ACCOUNT,
      assetEcrUrl: `${ACCOUNT}.dkr.ecr.${region}.amazonaws.com/sst-asset`,
      appsyncHttp: 'http',
      appsyncRealtime: 'realtime',
    }),
    'Provider.Aws.Appsync': () => ({ http: 'http', realtime: 'realtime' }),
    'Runtime.AddTarget': () => true,
    'Runtime.Build': async ({ functionID, handler }) => {
      const built = await bundleHandler(handler, join(ROOT, '.sst/synth/functions', functionID))
      return { handler: built.handler, out: built.folder, errors: [], sourcemaps: [] }
    },
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method, params } = JSON.parse(Buffer.concat(chunks).toString()) as Call
    const answer = answers[method]
    response.setHeader('connection', 'close')
    try {
      if (!answer) throw new Error(`rpc: can't find method ${method}`)
      response.end(JSON.stringify({ result: await answer(params[0]) }))
    } catch (error) {
      response.end(JSON.stringify({ error: String(error) }))
    }
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  server.unref()
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
