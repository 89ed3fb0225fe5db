/** So many of them at most, spread over all. */
export const spreadOver = <One>(all: readonly One[], most: number): One[] => {
  const step = Math.max(1, all.length / most)
  return Array.from({ length: Math.min(most, all.length) }, (_, at) => all[Math.floor(at * step)] as One)
}
