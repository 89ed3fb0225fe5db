import { type ChildProcess, spawn } from 'node:child_process'

/** The image that stands for data-plane/main.ts in tests; null runs the sources. */
export const GATEWAY_IMAGE = process.env.SHADOWMETER_TEST_IMAGE ?? null

/** As ECS runs it: no capabilities, no way to write, little memory. Networked as the namespace is. */
export const spawnGatewayContainer = (
  image: string,
  namespace: string,
  options: readonly string[],
): ChildProcess => {
  const limits = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges', '--memory=1g']
  // Where a container may not raise its limits, they are given as low as they are.
  const here = ['--runtime', '/usr/sbin/runc', 'run', '--rm', '--pull=never', '--ulimit', 'nofile=1024:1024']
  return spawn(
    'podman',
    [
      ...here,
      '--ulimit',
      'nproc=1024:1024',
      `--network=ns:/run/netns/${namespace}`,
      ...limits,
      image,
      ...options,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
}
