import { catalogue } from '../../contract/catalogue.ts'
import type { Commands } from '../command.ts'
import { EXIT, Failure } from '../exit.ts'
import { none, text } from '../operands.ts'

/** What is about the deployment as a whole. */
export const deployment: Commands = {
  panic: {
    summary:
      'Close this deployment’s filter rules, delete its mirror sessions and filters at once, with EC2 rights alone',
    operands: '',
    options: {
      deployment: {
        value: 'APP/STAGE',
        help: 'whose (SHADOWMETER_DEPLOYMENT): the value of the tag deployment',
      },
      region: { value: 'REGION', help: 'where (AWS_REGION)' },
      'dry-run': { help: 'only say what would be closed and deleted' },
    },
    run: async (values, operands, { environment, print, say }) => {
      none(operands)
      const deployment = text(values, 'deployment') ?? environment.SHADOWMETER_DEPLOYMENT
      const region = text(values, 'region') ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION
      if (!deployment) throw new Failure('--deployment is missing: whose resources are to go?', EXIT.usage)
      if (!region) throw new Failure('--region is missing: where is the deployment?', EXIT.usage)
      // The SDK is needed for this alone.
      const { panic } = await import('../panic.ts')
      const dryRun = values['dry-run'] === true
      const done = await panic({ deployment, region, dryRun, say })
      print(done, panicWords(deployment, done.deleted.length, dryRun))
      return EXIT.done
    },
  },
  whoami: {
    summary: catalogue.getCaller.summary,
    operands: '',
    options: {},
    run: async (_, operands, { client, print }) => {
      none(operands)
      const caller = await client().call('getCaller', { params: {}, query: {}, body: undefined })
      print(caller, `${caller.who}: ${caller.roles.join(', ') || 'no role'}`)
      return EXIT.done
    },
  },
  openapi: {
    summary: 'Print the API’s OpenAPI document',
    operands: '',
    options: {},
    run: async (_, operands, { client, print }) => {
      none(operands)
      const document = await client().openApi()
      print(document, JSON.stringify(document, null, 2))
      return EXIT.done
    },
  },
}

const panicWords = (deployment: string, count: number, dryRun: boolean): string => {
  if (count === 0) return `Nothing of ${deployment} mirrors anything.`
  const what = `${count} ${count === 1 ? 'resource' : 'resources'} of ${deployment}`
  return dryRun ? `${what} would be deleted.` : `${what} deleted: nothing is mirrored any more.`
}
