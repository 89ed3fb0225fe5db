import type { EniVerdict } from '../../contract/source.ts'

/**
 * Instance families that traffic mirroring supports, from the guide’s “Supported instance types” (docs.aws.amazon.com/
 * vpc/latest/mirroring/traffic-mirroring-limits.html) as it was on 2026-10-04. No EC2 API says it.
 */
const SUPPORTED = new Set(
  (
    'a1 m4 m5 m5a m5ad m5d m5dn m5n m5zn m6a m6g m6gd m6i m6id m6idn m6in m7a m7g m7gd m7i m7i-flex ' +
    'mac1 mac2 mac2-m1ultra mac2-m2 mac2-m2pro t3 t3a t4g ' +
    'c4 c5 c5a c5ad c5d c5n c6a c6g c6gd c6gn c6i c6id c6in c7a c7g c7gd c7i c7i-flex ' +
    'r4 r5 r5a r5ad r5b r5d r5dn r5n r6a r6g r6gd r6i r6id r6idn r6in r7a r7g r7gd r7i r7iz ' +
    'x1 x1e x2gd x2idn x2iedn x2iezn z1d d2 d3 d3en h1 i3 i3en i4g i4i i7i im4gn is4gen ' +
    'dl1 dl2q f1 f2 g3 g4ad g4dn g5 g5g g6 g6e g6f gr6 gr6f inf1 inf2 p3 p3dn p4d p4de p5 p5e trn1 trn1n vt1 ' +
    'hpc6a hpc6id hpc7a'
  ).split(' '),
)
const SUPPORTED_PATTERN = /^(u-\d+tb1|u7i-.*|u7in-.*|u7inh-32tb)$/

/** Nitro v5 and v6, T2 and the previous generation: documented as not supported, same page and date. */
const UNSUPPORTED = new Set(
  (
    't2 t1 m1 m2 m3 c1 c3 cc2 cr1 r3 g2 i2 hs1 ' +
    'm8g m8gd c7gn c8g c8gd r8g r8gd x8g i7ie i8g p5en p6e trn2 hpc7g ' +
    'm8a m8azn m8gb m8gn m8i m8id m8i-flex c8a c8i c8gn r8a r8i i8ge g7e p6-b200 p6-b300 hpc8a'
  ).split(' '),
)

/** Families whose bare-metal sizes are Nitro v2; of all others the `.metal` sizes are not supported. */
const METAL = new Set(
  'm5 m5d m6g m6gd mac1 mac2 mac2-m1ultra mac2-m2 mac2-m2pro a1 c5 c5d c6g c6gd r5 r5b r5d r6g r6gd x2gd z1d i3 g5g'.split(
    ' ',
  ),
)

export type Verdict = { verdict: EniVerdict; reason: string }

export const familyVerdict = (instanceType: string): Verdict => {
  const [family = '', size = ''] = instanceType.split('.')
  if (UNSUPPORTED.has(family))
    return { verdict: 'unsupported', reason: `AWS does not mirror the ${family} instance family.` }
  if (!SUPPORTED.has(family) && !SUPPORTED_PATTERN.test(family))
    return { verdict: 'unknown', reason: `No list says whether AWS mirrors the ${family} instance family.` }
  if (size.startsWith('metal') && !METAL.has(family))
    return { verdict: 'unsupported', reason: `AWS does not mirror bare-metal ${family} instances.` }
  return { verdict: 'supported', reason: `AWS mirrors the ${family} instance family.` }
}
