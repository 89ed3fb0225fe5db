import { expect, test } from 'vitest'
import { redacted } from '../../contract/redaction.ts'
import { Selection, type SelectionInput } from '../../contract/selection.ts'
import { requestWords } from '../../web/src/experiment/selection-words.ts'

const words = (select: SelectionInput, percent = 100, writes: 'hold' | 'forward' = 'hold') =>
  requestWords({ percent, writes, select: Selection.parse(select), redaction: redacted() })

test('says share and writes, and nothing else when nothing else was asked for', () => {
  expect(words({})).toEqual(['100 % of them.', 'Writes are held back: only GET, HEAD and OPTIONS go.'])
})

test('says every rule', () => {
  expect(
    words(
      {
        allow: [
          { methods: ['GET', 'POST'], paths: ['/api/**', { regexp: '^/v[0-9]' }] },
          { hosts: ['*.example'] },
        ],
        deny: [{ headers: [{ name: 'X-Debug' }], bodyBytes: { min: 10 } }],
        healthCheckers: 'include',
        sampleBy: { key: 'cookie', name: 'user' },
        absentKey: 'exclude',
        perSecondMax: 50,
        adapt: { errorPercentMax: 5, p95MsMax: 300 },
      },
      250,
      'forward',
    ),
  ).toEqual([
    '250 %: GET, HEAD and OPTIONS are sent 2.5 times on average, others once.',
    'Writes are forwarded too.',
    'Only GET or POST on /api/** or /^/v[0-9]/.',
    'Or requests for *.example.',
    'Never requests with x-debug with a body of at least 10 bytes.',
    'Health checks go too.',
    'Sampled by the cookie user: all requests of one go, or none.',
    'Without it, none goes.',
    'At most 50 a second.',
    'Fewer while the shadow is above 5 % errors or 300 ms for 95 % of the answers.',
  ])
})
