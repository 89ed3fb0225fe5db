import { execFile } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

/** `path` of a program on this machine, else why there is none. */
export type Found = Readonly<{ path: string; why: null } | { path: null; why: string }>

/**
 * The first of these programs that is here, on the path or at one of the places. Root on Debian gets its package when
 * there is none; nobody else’s machine is changed.
 */
export const findProgram = async (
  names: readonly string[],
  debianPackage: string,
  places: readonly string[] = [],
): Promise<Found> => {
  const there = installed(names, places)
  if (there !== null) return { path: there, why: null }
  if (!isDebianRoot()) return { path: null, why: `${names.join(' or ')} is not installed on this machine` }
  try {
    await install(debianPackage)
  } catch (error) {
    return { path: null, why: `apt could not install ${debianPackage}: ${(error as Error).message}` }
  }
  const now = installed(names, places)
  return now === null
    ? { path: null, why: `apt installed no ${names.join(' or ')}` }
    : { path: now, why: null }
}

/** The path of this process, and where Debian keeps the programs of the administrator. */
export const programPath = (): string => [process.env.PATH ?? '', '/usr/sbin', '/sbin'].join(delimiter)

const installed = (names: readonly string[], places: readonly string[]): string | null => {
  const folders = programPath()
    .split(delimiter)
    .filter((folder) => folder !== '')
  const paths = [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...places]
  return paths.find(isExecutable) ?? null
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Ubuntu’s packages differ: its `chromium` is a pointer to a snap, which a container cannot run. */
const isDebianRoot = (): boolean => {
  if (process.getuid?.() !== 0) return false
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

/** Test files run side by side: one installs at a time. The package lists of a new machine are empty. */
const install = async (debianPackage: string): Promise<void> => {
  const apt = 'apt-get -qq -o DPkg::Lock::Timeout=120'
  const get = `${apt} install --yes --no-install-recommends ${debianPackage}`
  await promisify(execFile)(
    'flock',
    [join(tmpdir(), 'shadowmeter-apt.lock'), 'sh', '-c', `${get} || { ${apt} update && ${get}; }`],
    { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } },
  )
}
