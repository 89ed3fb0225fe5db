/** Peak network bandwidth by size, Gbit/s: what an instance may reach in a burst (EC2 instance type pages, 2026-11). */
const PEAK_GBPS: readonly (readonly [family: RegExp, bySize: Readonly<Record<string, number>>])[] = [
  [/^t[34]/, { '*': 5 }],
  [
    /^[cmr][56]g?[ad]*n\./,
    { large: 25, xlarge: 25, '2xlarge': 25, '4xlarge': 25, '9xlarge': 50, '8xlarge': 50, '*': 200 },
  ],
  [
    /^[cmr][5]/,
    {
      large: 10,
      xlarge: 10,
      '2xlarge': 10,
      '4xlarge': 10,
      '8xlarge': 10,
      '9xlarge': 12,
      '12xlarge': 12,
      '*': 25,
    },
  ],
  [
    /^[cmr][67]/,
    {
      medium: 12.5,
      large: 12.5,
      xlarge: 12.5,
      '2xlarge': 15,
      '4xlarge': 15,
      '8xlarge': 15,
      '12xlarge': 22.5,
      '16xlarge': 30,
      '*': 50,
    },
  ],
]

/** For types that are not in the table: no general-purpose type that can be mirrored is faster at ordinary sizes. */
const UNKNOWN_GBPS = 50

/**
 * Bytes per second that can leave an instance at most. Mirrored copies count against it, so that no source can be
 * mirrored faster. An interface without an instance (a managed database’s) is taken as unknown.
 */
export const networkBytesPerSecond = (instanceType: string | null): number => {
  const gbps = (value: number): number => (value * 1e9) / 8
  if (instanceType === null) return gbps(UNKNOWN_GBPS)
  const size = instanceType.split('.')[1] ?? ''
  const known = PEAK_GBPS.find(([family]) => family.test(instanceType))?.[1]
  return gbps(known?.[size] ?? known?.['*'] ?? UNKNOWN_GBPS)
}
