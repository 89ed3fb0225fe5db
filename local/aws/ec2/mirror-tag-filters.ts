import type { State } from '../state.ts'
import type { Tags } from '../world.ts'
import type { Filter } from './describe.ts'
import { tagsAt } from './tag-rules.ts'

/** The Describe calls of mirroring document no tag filter; `mirrorTagFilter` says what happens to one. */
export function mirrorTagFilters(
  state: State,
  filters: readonly Filter[] | undefined,
): { filters: readonly Filter[]; tagsOf: ((row: { id: string }) => Tags) | null } {
  const all = filters ?? []
  switch (state.switches.mirrorTagFilter) {
    case 'honoured':
      return { filters: all, tagsOf: (row) => tagsAt(state, row.id, state.describeLag) }
    case 'ignored':
      return { filters: all.filter(({ Name: name }) => !/^tag(:|-key$)/.test(name ?? '')), tagsOf: null }
    case 'refused':
      return { filters: all, tagsOf: null }
  }
}
