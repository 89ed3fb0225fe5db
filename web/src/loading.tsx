import Box from '@cloudscape-design/components/box'
import Spinner from '@cloudscape-design/components/spinner'

export const Loading = () => (
  <Box textAlign="center" padding="xxl" color="text-body-secondary">
    <Spinner size="large" />
    <div role="status">Loading …</div>
  </Box>
)
