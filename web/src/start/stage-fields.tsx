import SpaceBetween from '@cloudscape-design/components/space-between'
import type { FieldProps } from './field-props.ts'
import { ProbeField } from './probe-field.tsx'
import { RampFields } from './ramp-fields.tsx'

/** What comes before all is mirrored. */
export const StageFields = (props: FieldProps) => (
  <SpaceBetween size="l">
    <ProbeField {...props} />
    <RampFields {...props} />
  </SpaceBetween>
)
