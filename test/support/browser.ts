import { execFile } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const run = promisify(execFile)

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'chrome.exe',
]
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** `path` of a Chromium or Chrome on this machine, else why there is none. */
export type Found = Readonly<{ path: string; why: null } | { path: null; why: string }>

/** Root on Debian gets the distribution’s own Chromium when there is none; nobody else’s machine is changed. */
export const findBrowser = async (): Promise<Found> => {
  const there = installed()
  if (there !== null) return { path: there, why: null }
  if (!isDebianRoot()) return { path: null, why: 'no Chromium or Chrome is installed on this machine' }
  try {
    await apt('update')
    await apt('install', '--yes', '--no-install-recommends', 'chromium')
  } catch (error) {
    return { path: null, why: `apt could not install chromium: ${(error as Error).message}` }
  }
  const now = installed()
  return now === null ? { path: null, why: 'apt installed no chromium' } : { path: now, why: null }
}

/** Headless, and silent towards the rest of the world. */
export const launchBrowser = (path: string): Promise<Browser> =>
  chromium.launch({
    executablePath: path,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

const installed = (): string | null => {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const places = [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), ...PLACES]
  return places.find(isExecutable) ?? null
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Ubuntu’s `chromium` is a pointer to a snap, which a container cannot run. */
const isDebianRoot = (): boolean => {
  if (process.getuid?.() !== 0) return false
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

const apt = (...args: string[]) =>
  run('apt-get', ['-qq', ...args], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
