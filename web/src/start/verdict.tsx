import StatusIndicator from '@cloudscape-design/components/status-indicator'
import type { SourceEni } from '../../../contract/source.ts'
import { VERDICT } from '../words.ts'

export const Verdict = ({ verdict, reason }: Pick<SourceEni, 'verdict' | 'reason'>) => (
  <>
    <StatusIndicator type={VERDICT[verdict].status} wrapText={false}>
      {VERDICT[verdict].label}
    </StatusIndicator>
    <div className="quiet">{reason}</div>
  </>
)
