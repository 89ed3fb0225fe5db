import { useSyncExternalStore } from 'react'

const narrow = matchMedia('(max-width: 688px)')

/** Too narrow for a table of experiments. */
export const useNarrow = (): boolean =>
  useSyncExternalStore(
    (changed) => {
      narrow.addEventListener('change', changed)
      return () => narrow.removeEventListener('change', changed)
    },
    () => narrow.matches,
  )
