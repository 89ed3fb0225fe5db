import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { knownSeconds } from './known-seconds.ts'

/** Of each kind at a time: browsers and processes that wait for clocks beside tests that compute. */
const LANES = { e2e: 2, other: 1 } as const
export const WORKERS = LANES.e2e + LANES.other

type File = Readonly<{ path: string; e2e: boolean }>

/**
 * The order in which files should be taken up, the longest of each kind first, as if each kind had workers of its own: so that
 * some that wait always run beside some that compute, and no long one begins at the end.
 */
export const runOrder = <T extends File>(files: readonly T[]): T[] =>
  [
    ...starts(
      files.filter(({ e2e }) => e2e),
      LANES.e2e,
    ),
    ...starts(
      files.filter(({ e2e }) => !e2e),
      LANES.other,
    ),
  ]
    .sort((a, b) => a.at - b.at)
    .map(({ file }) => file)

/** When each would start on so many workers. */
const starts = <T extends File>(files: readonly T[], workers: number): { file: T; at: number }[] => {
  const free = Array.from({ length: workers }, () => 0)
  return [...files]
    .sort((a, b) => knownSeconds(b.path) - knownSeconds(a.path) || (a.path < b.path ? -1 : 1))
    .map((file) => {
      const at = Math.min(...free)
      free[free.indexOf(at)] = at + knownSeconds(file.path)
      return { file, at }
    })
}

export class RunOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config
    const described = files.map((specification) => ({
      specification,
      path: relative(root, specification.moduleId),
      e2e: specification.project.name === 'e2e',
    }))
    return runOrder(described).map(({ specification }) => specification)
  }
}
