import Alert from '@cloudscape-design/components/alert'
import Link from '@cloudscape-design/components/link'
import { Page } from '../page.tsx'
import { toExperiments } from '../router.ts'

export const NowherePage = ({ path }: { path: string }) => (
  <Page title="There is no such page" breadcrumb={false}>
    <Alert type="warning">
      Nothing is at “{path}”. <Link href={toExperiments}>See the experiments</Link>.
    </Alert>
  </Page>
)
