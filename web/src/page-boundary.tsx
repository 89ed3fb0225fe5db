import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import { Component, type ReactNode } from 'react'

type State = Readonly<{ error: Error | null }>

/** Whatever breaks below it, the page says so and offers a way on. */
export class PageBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null }

  static getDerivedStateFromError(error: Error): State {
    return { error }
  }

  override render() {
    const { error } = this.state
    if (error === null) return this.props.children
    return (
      <Box padding={{ vertical: 'xxl' }}>
        <Alert
          type="error"
          header="This page could not be shown"
          action={<Button onClick={() => location.reload()}>Load again</Button>}
        >
          Experiments are not affected: they run without the console. The browser said: {error.message}
        </Alert>
      </Box>
    )
  }
}
