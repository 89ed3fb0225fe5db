import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { localTokenFile } from '../contract/local-token.ts'

/** Leaves the token where the command line finds it. @throws what the file system throws */
export const writeToken = (home: string, port: number, token: string): void => {
  const file = localTokenFile(home, port)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // One that another run left behind keeps its mode when it is written to.
  rmSync(file, { force: true })
  writeFileSync(file, `${token}\n`, { mode: 0o600, flag: 'wx' })
  chmodSync(file, 0o600)
}

export const removeToken = (home: string, port: number): void =>
  rmSync(localTokenFile(home, port), { force: true })
