import { PODMAN_RUN } from './gateway-image.ts'

/** The image that stands for data-plane/main.ts in tests; null runs the sources. */
export const GATEWAY_IMAGE = process.env.SHADOWMETER_TEST_IMAGE ?? null

/** As ECS runs it: no capabilities, no way to write, little memory. */
export const AS_ON_ECS = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges', '--memory=1g']

/** Podman’s arguments; networked as the namespace is. */
export const inNamespace = (image: string, namespace: string, options: readonly string[]): string[] => [
  ...[...PODMAN_RUN, ...AS_ON_ECS, '--no-healthcheck', `--network=ns:/run/netns/${namespace}`],
  ...[image, ...options],
]
