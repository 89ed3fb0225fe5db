import './console.css'
import { I18nProvider } from '@cloudscape-design/components/i18n'
import messages from '@cloudscape-design/components/i18n/messages/all.en'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type ReactNode, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { isPassing } from './client.ts'
import { reloadOnNewVersion } from './new-version.ts'
import { signIn } from './sign-in.ts'
import { SignInFailed } from './sign-in-failed.tsx'
import { SignedOut } from './signed-out.tsx'
import { startTheme } from './theme.ts'

reloadOnNewVersion()

const client = new QueryClient({
  defaultOptions: {
    queries: { retry: (failures, error) => failures < 2 && isPassing(error), retryDelay: 500 },
    mutations: { retry: false },
  },
})

const show = (content: ReactNode) =>
  createRoot(document.getElementById('root')!).render(<StrictMode>{content}</StrictMode>)

try {
  if ((await signIn()) === 'out') show(<SignedOut />)
  else
    show(
      <I18nProvider locale="en" messages={[messages]}>
        <QueryClientProvider client={client}>
          <App theme={startTheme(document.documentElement)} />
        </QueryClientProvider>
      </I18nProvider>,
    )
} catch (error) {
  show(<SignInFailed reason={error} />)
}
