import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { callerQuery } from './queries.ts'
import { toExperiments } from './router.ts'
import { canSignOut, signOut } from './sign-in.ts'
import { type Theme, type ThemeStore, useTheme } from './theme.ts'

export const TopBar = ({ theme }: { theme: ThemeStore }) => (
  <header className="top-bar">
    <a className="brand" href={toExperiments}>
      <img src="/icon.svg" alt="" width={28} height={28} />
      Shadowmeter
    </a>
    <WhoAmI />
    <a className="top-link" href="/api/openapi.json" target="_blank" rel="noreferrer">
      API
    </a>
    {canSignOut && (
      <button type="button" className="top-link" onClick={signOut}>
        Sign out
      </button>
    )}
    <ThemeChoice theme={theme} />
  </header>
)

/** Who the API takes the viewer for: what a role may not do, the API refuses. */
const WhoAmI = () => {
  const { data } = useQuery(callerQuery)
  if (data === undefined) return null
  const roles = data.roles.length === 0 ? 'no role' : data.roles.join(', ')
  return (
    <span className="top-caller">
      {data.who} ({roles})
    </span>
  )
}

const THEMES: readonly { id: Theme; label: string; icon: ReactNode }[] = [
  {
    id: 'light',
    label: 'Light',
    icon: (
      <>
        <circle cx="8" cy="8" r="3" />
        <path d="M8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8 13 13M13 3l-1.2 1.2M4.2 11.8 3 13" />
      </>
    ),
  },
  {
    id: 'system',
    label: 'Same as the system',
    icon: <path d="M2 3h12v8H2zM5.5 14h5M8 11v3" />,
  },
  { id: 'dark', label: 'Dark', icon: <path d="M13.5 9.6A6 6 0 0 1 6.4 2.5a6 6 0 1 0 7.1 7.1z" /> },
]

const ThemeChoice = ({ theme }: { theme: ThemeStore }) => {
  const current = useTheme(theme)
  return (
    <fieldset className="themes">
      <legend className="unseen">Colours</legend>
      {THEMES.map(({ id, label, icon }) => (
        <label key={id} title={label}>
          <input
            className="unseen"
            type="radio"
            name="theme"
            checked={id === current}
            onChange={() => theme.choose(id)}
          />
          <svg viewBox="0 0 16 16" aria-hidden="true">
            {icon}
          </svg>
          <span className="unseen">{label}</span>
        </label>
      ))}
    </fieldset>
  )
}
