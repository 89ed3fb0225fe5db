const KEY = 'shadowmeter.reloaded'
const ONCE_MS = 30_000

/** A page left open over an update asks for files that are gone: load the new console, once, and otherwise say what broke. */
export const reloadOnNewVersion = (): void => {
  addEventListener('vite:preloadError', (event) => {
    try {
      const last = Number(sessionStorage.getItem(KEY) ?? 0)
      if (Date.now() - last < ONCE_MS) return
      sessionStorage.setItem(KEY, String(Date.now()))
    } catch {
      return // without storage it could reload for ever
    }
    event.preventDefault()
    location.reload()
  })
}
