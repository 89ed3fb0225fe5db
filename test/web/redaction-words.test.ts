import { expect, test } from 'vitest'
import { Redaction } from '../../contract/redaction.ts'
import { redactionWords } from '../../web/src/experiment/redaction-words.ts'

test('says the mode, what is left out of it, and what was replaced', () => {
  const usual = redactionWords(Redaction.parse({}), { 'email.body': 3 })
  const off = redactionWords(Redaction.parse({ mode: 'off' }), {})
  const loosened = redactionWords(
    Redaction.parse({ mode: 'mask', kinds: { phone: 'keep' }, rules: [{ fields: ['a'], action: 'keep' }] }),
    {},
  )

  expect(usual).toEqual([
    'Credentials and personal data become pseudonyms.',
    'Replaced so far: 3 × email.body.',
  ])
  expect(off).toEqual([
    'NOT REDACTED: the shadow gets production’s data as it is.',
    'But what writes would reach somebody by (addresses, numbers, webhooks, payments) becomes pseudonyms.',
  ])
  expect(redactionWords(Redaction.parse({ mode: 'off', sideEffects: 'keep' }), {})).toEqual(off.slice(0, 1))
  expect(loosened).toEqual([
    ...['Credentials and personal data are masked.', 'Left as they are: phone.', '1 rule of its own.'],
  ])
})
