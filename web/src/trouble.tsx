import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import { ApiError } from './client.ts'
import { time } from './format.ts'

type Props = Readonly<{
  error: Error
  /** What could not be done, as a heading: “The experiments could not be read”. */
  what: string
  onRetry?: () => void
  retrying?: boolean
  /** When what is still shown was read. */
  shownSince?: number
}>

/** What went wrong, in the API’s own words, and how to go on. */
export const Trouble = ({ error, what, onRetry, retrying = false, shownSince }: Props) => (
  <Alert
    type={shownSince === undefined ? 'error' : 'warning'}
    header={what}
    action={
      onRetry && (
        <Button onClick={onRetry} loading={retrying}>
          Try again
        </Button>
      )
    }
  >
    {error.message}
    {error instanceof ApiError && error.problem?.instance && ` Request ${error.problem.instance}.`}
    {shownSince !== undefined &&
      shownSince > 0 &&
      ` What is shown was read at ${time(new Date(shownSince))}.`}
  </Alert>
)
