import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, parse, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../../..')
export const PLATFORM = join(ROOT, '.sst/platform')
/** SST's own dependencies; they are installed there by `npm run sst:types`. */
export const fromPlatform = createRequire(join(PLATFORM, 'package.json'))

type Plugin = { name: string; setup(build: PluginBuild): void }
type PluginBuild = {
  onLoad(
    options: { filter: RegExp },
    load: (args: { path: string }) => Promise<{ contents: string; loader: 'default' }>,
  ): void
  onResolve(options: { filter: RegExp }, on: (args: { path: string }) => { path: string }): void
}
type Output = { exports: string[]; bytes: number }
type Built = { metafile: { outputs: Record<string, Output> } }
export const esbuild = () =>
  fromPlatform('esbuild') as { build(options: Record<string, unknown>): Promise<Built> }

/** The first lines of everything that SST 4.17.1 bundles. */
export const BANNER = `import { createRequire as topLevelCreateRequire } from 'module';
const require = topLevelCreateRequire(import.meta.url);
import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url"
const __filename = topLevelFileUrlToPath(import.meta.url)
const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url))`

export type ConfigBundle = {
  code: string
  define: Record<string, string>
  inject: string[]
  /** Stands at the head of every file that is not SST's. */
  globals: string
  /** Takes the place of deployment.json. */
  deployment: string
  outfile: string
}

/** Bundles sst.config.ts as the CLI does, so that it can be run. */
export const bundleConfig = async (bundle: ConfigBundle): Promise<void> => {
  const { code, define, inject, globals, deployment, outfile } = bundle
  const plugin: Plugin = {
    name: 'globals',
    setup(build) {
      build.onResolve({ filter: /(^|\/)deployment\.json$/ }, () => ({ path: deployment }))
      build.onLoad({ filter: /\.(js|ts|jsx|tsx)$/ }, async ({ path }) => ({
        contents: `${path.includes('.sst') ? '' : `${globals}\n`}${await readFile(path, 'utf8')}`,
        loader: 'default',
      }))
    },
  }
  await esbuild().build({
    banner: { js: BANNER },
    stdin: { contents: code, resolveDir: ROOT, sourcefile: 'eval.ts', loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    nodePaths: [join(PLATFORM, 'node_modules')],
    plugins: [plugin],
    external: [
      '@pulumi/*',
      'undici',
      '@pulumiverse/*',
      '@sst-provider/*',
      '@aws-sdk/*',
      'esbuild',
      'archiver',
      'glob',
      'vite',
    ],
    define,
    inject,
    logLevel: 'error',
    outfile,
  })
}

export type Handler = {
  /** Folder of the bundle, as Lambda unpacks it. */
  folder: string
  /** As Lambda names it: path without extension, and export. */
  handler: string
  bytes: number
}

/** Bundles a function's handler as SST 4.17.1 does. Throws when the file or the export is not there. */
export const bundleHandler = async (handler: string, folder: string): Promise<Handler> => {
  const { dir, name, ext } = parse(handler)
  const entry = join(ROOT, dir, `${name}.ts`)
  if (!existsSync(entry)) throw new Error(`Handler not found: ${handler}`)
  const { metafile } = await esbuild().build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile: join(folder, dir, `${name}.mjs`),
    bundle: true,
    metafile: true,
    keepNames: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'esnext',
    mainFields: ['module', 'main'],
    sourcemap: false,
    logLevel: 'error',
    external: ['sharp', 'pg-native'],
    banner: { js: BANNER },
  })
  const [output] = Object.values(metafile.outputs)
  if (!output?.exports.includes(ext.slice(1))) throw new Error(`${handler}: no export '${ext.slice(1)}'`)
  return { folder, handler: join(dir, name) + ext, bytes: output.bytes }
}
