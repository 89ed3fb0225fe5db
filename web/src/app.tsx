import { lazy, type ReactNode, Suspense, useEffect, useRef } from 'react'
import { Loading } from './loading.tsx'
import { PageBoundary } from './page-boundary.tsx'
import { parse, type Route, useHash } from './router.ts'
import type { ThemeStore } from './theme.ts'
import { TopBar } from './top-bar.tsx'

const ExperimentsPage = lazy(() =>
  import('./pages/experiments.tsx').then((m) => ({ default: m.ExperimentsPage })),
)
const ExperimentPage = lazy(() =>
  import('./pages/experiment.tsx').then((m) => ({ default: m.ExperimentPage })),
)
const StartPage = lazy(() => import('./pages/start.tsx').then((m) => ({ default: m.StartPage })))
const SchedulesPage = lazy(() => import('./pages/schedules.tsx').then((m) => ({ default: m.SchedulesPage })))
const SpendPage = lazy(() => import('./pages/spend.tsx').then((m) => ({ default: m.SpendPage })))
const NowherePage = lazy(() => import('./pages/nowhere.tsx').then((m) => ({ default: m.NowherePage })))

export const App = ({ theme }: { theme: ThemeStore }) => {
  const route = parse(useHash())
  const place = route.page === 'experiment' ? `experiment/${route.id}` : route.page
  const main = useRef<HTMLElement>(null)
  useFocusOnChange(main, place)

  return (
    <>
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <TopBar theme={theme} />
      <main id="main" ref={main} tabIndex={-1}>
        <PageBoundary key={place}>
          <Suspense fallback={<Loading />}>{page(route)}</Suspense>
        </PageBoundary>
      </main>
    </>
  )
}

const page = (route: Route): ReactNode => {
  switch (route.page) {
    case 'experiments':
      return <ExperimentsPage />
    case 'experiment':
      return <ExperimentPage id={route.id} tab={route.tab} />
    case 'start':
      return <StartPage />
    case 'schedules':
      return <SchedulesPage />
    case 'spend':
      return <SpendPage />
    case 'nowhere':
      return <NowherePage path={route.path} />
  }
}

/** A change of page moves the focus to it, as a browser would do; the first page leaves it where it is. */
const useFocusOnChange = (main: React.RefObject<HTMLElement | null>, place: string) => {
  const last = useRef(place)
  useEffect(() => {
    if (last.current === place) return
    last.current = place
    scrollTo(0, 0)
    main.current?.focus({ preventScroll: true })
  }, [place, main])
}
