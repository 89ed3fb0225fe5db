import { applyMode, Mode } from '@cloudscape-design/global-styles'
import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'
const KEY = 'shadowmeter.theme'

/** Follows the system until somebody chooses; the choice is remembered in this browser. */
export type ThemeStore = Readonly<{
  current: () => Theme
  choose: (theme: Theme) => void
  subscribe: (changed: () => void) => () => void
}>

export const startTheme = (root: HTMLElement): ThemeStore => {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const listeners = new Set<() => void>()
  let theme = remembered()

  const apply = () => {
    const dark = theme === 'dark' || (theme === 'system' && system.matches)
    applyMode(dark ? Mode.Dark : Mode.Light)
    root.style.colorScheme = dark ? 'dark' : 'light'
  }
  system.addEventListener('change', apply)
  apply()

  return {
    current: () => theme,
    choose: (chosen) => {
      theme = chosen
      remember(chosen)
      apply()
      for (const listener of listeners) listener()
    },
    subscribe: (changed) => {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
  }
}

export const useTheme = (store: ThemeStore): Theme => useSyncExternalStore(store.subscribe, store.current)

/** A browser may refuse storage altogether; then the choice lasts as long as the page. */
const remembered = (): Theme => {
  try {
    const kept = localStorage.getItem(KEY)
    return kept === 'light' || kept === 'dark' ? kept : 'system'
  } catch {
    return 'system'
  }
}

const remember = (theme: Theme): void => {
  try {
    if (theme === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // refused: see above
  }
}
