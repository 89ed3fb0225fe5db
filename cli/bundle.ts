import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import manifest from '../package.json' with { type: 'json' }

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Node 20 runs it too: `styleText` is in it from 20.12 on. */
const NODE = '20.12'

/**
 * Makes `cli/dist`: the whole command as one file without dependencies, and the package.json it is published with. The
 * project itself is never published.
 */
await build({
  entryPoints: [at('./main.ts')],
  outfile: at('./dist/shadowmeter.js'),
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  target: `node${NODE}`,
  mainFields: ['module', 'main'],
  // What is CommonJS among the dependencies asks for Node's own modules by require.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  legalComments: 'eof',
  logLevel: 'warning',
})
const { name, version, description, license } = manifest
writeFileSync(
  at('./dist/package.json'),
  `${JSON.stringify(
    {
      name,
      version,
      description,
      license,
      type: 'module',
      bin: { shadowmeter: 'shadowmeter.js' },
      engines: { node: `>=${NODE}` },
    },
    null,
    2,
  )}\n`,
)
