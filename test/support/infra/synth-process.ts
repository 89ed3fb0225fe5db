import crypto from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import Module from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ACCOUNT, madeUp } from './made-up.ts'
import { type DocumentArguments, renderPolicy } from './policy-document.ts'
import { startRpcServer } from './rpc-server.ts'
import { bundleConfig, fromPlatform, PLATFORM, ROOT } from './sst-bundle.ts'
import type { Resource, Synthesis, SynthOptions } from './synth.ts'

/**
 * Runs sst.config.ts with SST's real components under Pulumi's runtime mocks and writes every resource that the program
 * registers. Pulumi and SST keep their state in modules: one run per process.
 */
const { stage, dev, deployment, out }: SynthOptions & { out: string } = JSON.parse(process.argv[2] ?? '{}')

type Args = { type: string; name: string; id?: string; inputs: Record<string, unknown> }
type Call = { token: string; inputs: Record<string, unknown> }
type Mocks = { newResource(args: Args): { id: string; state: object }; call(args: Call): object }
type Pulumi = {
  runtime: {
    setMocks(
      mocks: Mocks,
      project: string,
      stage: string,
      preview: boolean,
      organization: string,
    ): Promise<void>
    runInPulumiStack(run: () => Promise<unknown>): Promise<unknown>
  }
}
type Request = { getName(): string; getType(): string; getDependenciesList(): string[]; getParent(): string }
type Monitor = {
  newUrn(parent: string | undefined, type: string, name: string): string
  registerResource(request: Request, callback: unknown): unknown
}

// Some providers bring a copy of @pulumi/pulumi of their own, which the mocks would not reach.
type Resolver = (request: string, parent: { paths?: string[] } | undefined, ...rest: unknown[]) => string
const loader = Module as unknown as { _resolveFilename: Resolver }
const resolveFilename = loader._resolveFilename
loader._resolveFilename = function (this: unknown, request, parent, ...rest) {
  const from =
    parent && /^@pulumi\/pulumi(\/|$)/.test(request)
      ? { ...parent, paths: [join(PLATFORM, 'node_modules')] }
      : parent
  return resolveFilename.call(this, request, from, ...rest)
}
// SST puts random letters into physical names: here the same in every run.
crypto.randomBytes = ((size: number) => Buffer.alloc(size, 7)) as typeof crypto.randomBytes

/** Pulumi marks secrets by wrapping them. */
const WRAPPED = '4dabf18193072939515e22adb298388d'
const SECRET = '1b47061264138c4ac30d75fd1eb44270'
const unwrapped = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(unwrapped)
  if (value === null || typeof value !== 'object') return value
  const object = value as Record<string, unknown>
  if (object[WRAPPED] === SECRET) return unwrapped(object.value)
  return Object.fromEntries(
    Object.entries(object)
      .filter(([key]) => key !== '__provider')
      .map(([key, one]) => [key, unwrapped(one)]),
  )
}

const REGION = (JSON.parse(readFileSync(deployment, 'utf8')) as { region: string }).region

const CALLS: Record<string, (inputs: Record<string, unknown>) => object> = {
  'aws:index/getRegion:getRegion': () => ({ region: REGION, name: REGION, id: REGION }),
  'aws:index/getPartition:getPartition': () => ({ partition: 'aws', id: 'aws', dnsSuffix: 'amazonaws.com' }),
  'aws:index/getCallerIdentity:getCallerIdentity': () => ({
    accountId: ACCOUNT,
    arn: `arn:aws:iam::${ACCOUNT}:user/test`,
  }),
  'aws:index/getAvailabilityZones:getAvailabilityZones': () => ({
    names: ['a', 'b', 'c'].map((zone) => REGION + zone),
  }),
  'aws:iam/getPolicyDocument:getPolicyDocument': (inputs) => ({
    ...inputs,
    id: 'document',
    json: renderPolicy(inputs as DocumentArguments),
  }),
  'aws:ecr/getAuthorizationToken:getAuthorizationToken': () => ({
    proxyEndpoint: 'https://ecr',
    userName: 'AWS',
    password: 'x',
  }),
  'aws:ec2/getVpc:getVpc': ({ id }) => ({ id, cidrBlock: '10.20.0.0/16' }),
  // Subnets whose id ends in the same digit share a zone.
  'aws:ec2/getSubnet:getSubnet': ({ id }) => ({
    id,
    availabilityZone: `${REGION}${'abcdef'[Number(String(id).at(-1)) % 6]}`,
  }),
  'aws:ec2/getPrefixList:getPrefixList': ({ name }) => ({ id: `pl-${String(name).split('.').at(-1)}`, name }),
}

const resources: Resource[] = []
const dependencies = new Map<string, string[]>()

const mocks: Mocks = {
  newResource({ type, name, id, inputs }) {
    const plain = unwrapped(inputs) as Record<string, unknown>
    resources.push({ type, name, inputs: plain, dependsOn: [] })
    if (type === 'command:local:Command') standInForSite(String(plain.dir))
    const { id: known = id || `${name}-id`, ...answer } = madeUp(type, name, plain, REGION)
    return { id: String(known), state: { ...answer, ...inputs } }
  },
  call({ token, inputs }) {
    const answer = CALLS[token]
    if (!answer) throw new Error(`unknown provider function ${token}`)
    return answer(inputs)
  },
}

/** The site is read after its build, which is not run here. */
const standIns: string[] = []
const standInForSite = (folder: string) => {
  const site = join(folder, 'dist')
  if (existsSync(site)) return
  mkdirSync(site, { recursive: true })
  writeFileSync(join(site, 'index.html'), '<!doctype html>')
  standIns.push(site)
}

process.env.SST_SERVER = await startRpcServer(REGION)
process.env.AWS_REGION = REGION
const errors: string[] = []
const failed = (error: unknown) => errors.push(error instanceof Error ? error.message : String(error))
process.on('unhandledRejection', failed).on('uncaughtException', failed)

const pulumi = fromPlatform('@pulumi/pulumi') as Pulumi
const { MockMonitor } = fromPlatform('@pulumi/pulumi/runtime/mocks') as {
  MockMonitor: { prototype: Monitor }
}
const files = {
  app: join(PLATFORM, `synth.app.${process.pid}.mjs`),
  run: join(PLATFORM, `synth.run.${process.pid}.mjs`),
}

const synthesize = async (): Promise<void> => {
  await bundleConfig({
    code: `import config from "${ROOT}/sst.config.ts"; export const app = await config.app($input);`,
    define: { $input: JSON.stringify({ stage }) },
    inject: [],
    globals: 'const $config = (config) => config;',
    deployment,
    outfile: files.app,
  })
  const { app } = await import(pathToFileURL(files.app).href)
  resources.push({ type: 'app', name: app.name, inputs: app, dependsOn: [] })

  const cli = {
    command: dev ? 'dev' : 'deploy',
    dev,
    paths: { home: join(ROOT, '.sst/home'), root: ROOT, work: join(ROOT, '.sst'), platform: PLATFORM },
    state: { version: {} },
  }
  const providers = JSON.parse(readFileSync(join(ROOT, '.sst/provider-lock.json'), 'utf8')) as {
    alias: string
    package: string
  }[]
  await bundleConfig({
    code: `import { run } from "${PLATFORM}/src/auto/run.ts"; import config from "${ROOT}/sst.config.ts"; export const execute = () => run(config.run);`,
    define: {
      $app: JSON.stringify({ protect: false, ...app, stage }),
      $cli: JSON.stringify(cli),
      $dev: String(dev),
    },
    inject: [join(PLATFORM, 'src/shim/run.js')],
    globals: [
      ...providers.map((provider) => `import * as ${provider.alias} from "${provider.package}";`),
      `import * as sst from "${PLATFORM}/src/components";`,
    ].join('\n'),
    deployment,
    outfile: files.run,
  })
  await pulumi.runtime.setMocks(mocks, app.name, stage, false, 'organization')
  const { newUrn: _, registerResource } = MockMonitor.prototype
  // The engine leaves the root stack out of a child's qualified type; the mock does not.
  MockMonitor.prototype.newUrn = (parent, type, name) => {
    const above = parent?.split('::')[2] ?? ''
    return `urn:pulumi:${stage}::${app.name}::${above && above !== 'pulumi:pulumi:Stack' ? `${above}$` : ''}${type}::${name}`
  }
  MockMonitor.prototype.registerResource = function (request, callback) {
    dependencies.set(`${request.getType()}::${request.getName()}`, request.getDependenciesList())
    return registerResource.call(this, request, callback)
  }
  const { execute } = await import(pathToFileURL(files.run).href)
  await pulumi.runtime.runInPulumiStack(() => execute())
}

const nameOf = (urn: string) => urn.slice(urn.lastIndexOf('::') + 2)
const finish = () => {
  for (const site of standIns) rmSync(site, { recursive: true })
  for (const file of Object.values(files)) rmSync(file, { force: true })
  const synthesis: Synthesis = {
    resources: resources.map((resource) => ({
      ...resource,
      dependsOn: (dependencies.get(`${resource.type}::${resource.name}`) ?? []).map(nameOf),
    })),
    errors,
  }
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, JSON.stringify(synthesis))
  // Pulumi’s own look at what is left would call what its mocks leave open a failure.
  process.removeAllListeners('exit')
  process.exit(0)
}
// The program is over when nothing can happen any more, as for the real engine.
process.once('beforeExit', finish)
await synthesize().catch(failed)
