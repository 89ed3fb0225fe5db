import { expect, test } from 'vitest'
import { VERSION } from '../../contract/version.ts'
import manifest from '../../package.json' with { type: 'json' }

test('the version is that of the package', () => {
  expect(VERSION).toBe(manifest.version)
})
