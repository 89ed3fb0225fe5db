import type { RedactedKind } from '../../contract/redaction.ts'

type Prefix = { kind: RedactedKind; min: number; max: number }

/** Beginnings of keys as their issuers document them, and how many characters follow. */
const PREFIXES: readonly (readonly [string, Prefix])[] = [
  ...['AKIA', 'ASIA'].map((prefix) => [prefix, { kind: 'cloud-key', min: 16, max: 16 }] as const),
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_', 'glpat-', 'dop_v1_', 'npm_', 'hf_'].map(
    (prefix) => [prefix, { kind: 'cloud-key', min: 20, max: 255 }] as const,
  ),
  ...[
    'xoxb-',
    'xoxp-',
    'xoxa-',
    'xoxs-',
    'xoxe-',
    'whsec_',
    'sk_live_',
    'rk_live_',
    'sk_test_',
    'rk_test_',
  ].map((prefix) => [prefix, { kind: 'cloud-key', min: 10, max: 255 }] as const),
  ['AIza', { kind: 'cloud-key', min: 35, max: 35 }],
  ['ya29.', { kind: 'cloud-key', min: 20, max: 2048 }],
  ['SG.', { kind: 'cloud-key', min: 40, max: 80 }],
  ['sk-', { kind: 'cloud-key', min: 32, max: 255 }],
  ...['tok_', 'pm_', 'src_'].map((prefix) => [prefix, { kind: 'payment-token', min: 10, max: 64 }] as const),
]

/** Finds beginnings of keys; what stands behind is looked at by `keyEnd`. */
export const KEY_PREFIXES = PREFIXES.map(([prefix]) => prefix.replace('.', '\\.')).join('|')

/** The first two characters of each. */
export const KEY_BEGINNINGS = PREFIXES.map(([prefix]) => prefix.slice(0, 2))

/** The longest, and the character behind it that says whether it is one. */
export const KEY_REACH = Math.max(...PREFIXES.map(([prefix, { max }]) => prefix.length + max + 1))

const KNOWN = new Map(PREFIXES)

export const isKeyPrefix = (text: string): boolean => KNOWN.has(text)

export type FoundKey = { kind: RedactedKind; prefix: string; end: number }

/** The key that begins with this prefix here; null when what follows is too short or too long for one. */
export const keyAt = (text: string, start: number, prefix: string): FoundKey | null => {
  const known = KNOWN.get(prefix)
  if (known === undefined) return null
  const { kind, min, max } = known
  let end = start + prefix.length
  const last = Math.min(text.length, end + max + 1)
  let digits = 0
  while (end < last && isKeyChar(text.charCodeAt(end))) if (text.charCodeAt(end++) < 0x3a) digits++
  const length = end - start - prefix.length
  return length >= min && length <= max && digits > 0 ? { kind, prefix, end } : null
}

/** Letters, digits, `_` `-` `.`: those of every issuer. */
const isKeyChar = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) ||
  (code >= 0x41 && code <= 0x5a) ||
  (code >= 0x61 && code <= 0x7a) ||
  code === 0x5f ||
  code === 0x2d ||
  code === 0x2e

/** Stripe’s own tokens for tests, which pay nothing. */
export const PAYMENT_TEST_TOKENS: Readonly<Record<string, string>> = { tok_: 'tok_visa', pm_: 'pm_card_visa' }
