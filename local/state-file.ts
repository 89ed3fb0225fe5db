import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseNetwork, type LocalNetwork } from './network.ts'

/** Addresses that must be the same after a restart. */
export type LocalState = { version: 1; network: LocalNetwork }

/** What a data folder holds, or a new state that it holds from now on; without a folder a new state. */
export const loadState = async (
  folder: string | null,
  random: () => number,
  kind?: LocalNetwork['kind'],
): Promise<LocalState> => {
  const file = folder === null ? null : join(folder, 'local.json')
  const kept = file === null ? null : await read(file)
  if (kept) return kept
  const state: LocalState = { version: 1, network: await chooseNetwork(random, kind) }
  if (folder !== null && file !== null) {
    await mkdir(folder, { recursive: true })
    await writeFile(`${file}.new`, JSON.stringify(state, null, 2))
    await rename(`${file}.new`, file)
  }
  return state
}

const read = async (file: string): Promise<LocalState | null> => {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const state = JSON.parse(text) as LocalState
  if (state.version !== 1) throw new Error(`${file} is of another version of Shadowmeter`)
  return state
}
