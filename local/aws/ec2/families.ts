/**
 * Which EC2 instance families can be sources of traffic mirroring. No EC2 call tells; from the guide's list "Supported
 * instance types" (edition of 2025-08) and the Nitro versions in the EC2 instance type guide.
 */
const SUPPORTED = new Set(
  `a1 m4 m5 m5a m5ad m5d m5dn m5n m5zn m6a m6g m6gd m6i m6id m6idn m6in m7a m7g m7gd m7i m7i-flex mac1 mac2 mac2-m1ultra
  mac2-m2 mac2-m2pro t3 t3a t4g c4 c5 c5a c5ad c5d c5n c6a c6g c6gd c6gn c6i c6id c6in c7a c7g c7gd c7i c7i-flex
  r4 r5 r5a r5ad r5b r5d r5dn r5n r6a r6g r6gd r6i r6id r6idn r6in r7a r7g r7gd r7i r7iz x1 x1e x2gd x2idn x2iedn x2iezn
  z1d d2 d3 d3en h1 i3 i3en i4g i4i i7i im4gn is4gen dl1 dl2q f1 f2 g3 g4ad g4dn g5 g5g g6 g6e g6f gr6 gr6f inf1 inf2 p3
  p3dn p4d p4de p5 p5e trn1 trn1n vt1 hpc6a hpc6id hpc7a`.split(/\s+/),
)

/** Families with sizes in their name: u-6tb1, u7i-12tb, u7in-16tb, u7inh-32tb. */
const SUPPORTED_PATTERN = /^(u-\d+tb1|u7i-\d+tb|u7in-\d+tb|u7inh-32tb)$/

/** Bare metal is supported on Nitro v2 only. */
const SUPPORTED_METAL = new Set(
  'm5 m5d m6g m6gd a1 c5 c5d c6g c6gd r5 r5b r5d r6g r6gd x2gd z1d i3 g5g'.split(' '),
)

/** T2, previous generations, and the families known to be Nitro v5 or v6. */
const UNSUPPORTED = new Set(
  `t1 t2 m1 m2 m3 c1 c3 cc2 r3 g2 i2 cr1 hs1 m8g m8gd c7gn c8g c8gd r8g r8gd x8g i7ie i8g p5en p6e trn2 hpc7g m8a m8azn
  m8gb m8gn m8i m8id m8i-flex c8a c8i c8i-flex c8gn r8a r8i r8i-flex r8gb r8gn i8ge g7e p6-b200 p6-b300 hpc8a`.split(
    /\s+/,
  ),
)

export function mirroringOf(instanceType: string): 'supported' | 'unsupported' | 'unknown' {
  const [family = '', size = ''] = instanceType.split('.')
  if (UNSUPPORTED.has(family)) return 'unsupported'
  if (size.startsWith('metal') && !family.startsWith('mac')) {
    if (SUPPORTED_METAL.has(family)) return 'supported'
    return SUPPORTED.has(family) || SUPPORTED_PATTERN.test(family) ? 'unsupported' : 'unknown'
  }
  return SUPPORTED.has(family) || SUPPORTED_PATTERN.test(family) ? 'supported' : 'unknown'
}
