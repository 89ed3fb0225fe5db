import { parseArgs } from 'node:util'

export type VerifyOptions = {
  /** app/stage: the deployment whose account is looked at. */
  deployment: string
  region: string | undefined
  /** `ask`: on a terminal, before anything is created. */
  create: 'ask' | 'yes' | 'no'
  /** Interface that can be mirrored and spared: sessions are made on it, on a filter that mirrors nothing. */
  source: string | undefined
  /** Instance that is stopped and started. */
  instance: string | undefined
  /** CLUSTER/SERVICE with two or more tasks behind a load balancer, one of which is replaced. */
  service: string | undefined
  /** Whether EC2’s request limits are run into. */
  throttle: boolean
  /** Capture file of mirrored packets. */
  capture: string | undefined
  /** Client token that an earlier run printed. */
  token: string | undefined
  /** For how long something that may not come is waited for. */
  waitSeconds: number
  json: boolean
}

export const HELP = `Looks at a live AWS account for what only that can tell: whether a deployment is as it should be, and how AWS behaves
where no source says so (the named switches of the local endpoints, local/aws/switches.ts).

  npm run verify:aws -- --deployment shadowmeter/STAGE [OPTIONS]

Reads, and prints what it read. Then it says what it would create, with ids and prices, and asks. All that it creates carries the
deployment's tags and is deleted at the end, in an error and on Ctrl-C too; what a kill leaves, the sweeper takes an hour later
and 'shadowmeter panic' at once.

  --deployment APP/STAGE    whose account; credentials are the AWS SDK's
  --region REGION           (default: the AWS SDK's)
  --yes, --no               do not ask: create, or only read (the default without a terminal)
  --source ENI              an interface that can be mirrored and spared: sessions on it, with a filter that mirrors nothing
  --instance ID             an instance that may be stopped and started
  --service CLUSTER/NAME    an ECS service of two or more tasks behind a load balancer, one of which may be replaced
  --throttle                run into EC2's request limits: other callers of the account feel it for some seconds
  --capture FILE            mirrored packets (tcpdump -w FILE udp port 4789, on a target)
  --token TOKEN             what an earlier run printed: whether EC2 still remembers it
  --wait SECONDS            for what may not come (default 120)
  --json                    one object, for a program
  --help                    this text`

/** An option that is wrong; the message says what is right, in one line. */
export class OptionError extends Error {}

/** @throws OptionError */
export const parseOptions = (args: readonly string[]): VerifyOptions | 'help' => {
  const values = read(args)
  if (values.help) return 'help'
  const { deployment, region, source, instance, service, capture, token } = values
  if (deployment === undefined || !/^[a-z0-9-]+\/[a-z0-9-]+$/.test(deployment))
    throw new OptionError('--deployment takes app/stage, like shadowmeter/staging')
  if (values.yes && values.no) throw new OptionError('--yes and --no exclude each other')
  expect('--source', source, /^eni-[0-9a-f]{8,17}$/, 'an interface like eni-0123456789abcdef0')
  expect('--instance', instance, /^i-[0-9a-f]{8,17}$/, 'an instance like i-0123456789abcdef0')
  expect('--service', service, /^[^/\s]+\/[^/\s]+$/, 'CLUSTER/NAME')
  expect('--token', token, TOKEN, 'what an earlier run printed')
  const waitSeconds = Number(values.wait ?? 120)
  if (!(waitSeconds >= 1 && waitSeconds <= 3600)) throw new OptionError('--wait takes 1 to 3600 seconds')
  return {
    deployment,
    region,
    create: values.yes ? 'yes' : values.no ? 'no' : 'ask',
    source,
    instance,
    service,
    throttle: values.throttle === true,
    capture,
    token,
    waitSeconds,
    json: values.json === true,
  }
}

/** Milliseconds since 1970 of its first use are part of a token. */
export const TOKEN = /^shadowmeter-verify-(\d{13})$/

const expect = (name: string, value: string | undefined, shape: RegExp, right: string): void => {
  if (value !== undefined && !shape.test(value))
    throw new OptionError(`${name} takes ${right}, not '${value}'`)
}

const read = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        deployment: { type: 'string' },
        region: { type: 'string' },
        yes: { type: 'boolean' },
        no: { type: 'boolean' },
        source: { type: 'string' },
        instance: { type: 'string' },
        service: { type: 'string' },
        throttle: { type: 'boolean' },
        capture: { type: 'string' },
        token: { type: 'string' },
        wait: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new OptionError((error as Error).message.split('\n')[0])
  }
}
