import Container from '@cloudscape-design/components/container'
import ExpandableSection from '@cloudscape-design/components/expandable-section'
import Header from '@cloudscape-design/components/header'
import { type ComponentType, useState } from 'react'
import { AbortFields } from './abort-fields.tsx'
import { CompareFields } from './compare-fields.tsx'
import { CredentialFields } from './credential-fields.tsx'
import type { FieldProps } from './field-props.ts'
import type { Field } from './form.ts'
import { OwnerFields } from './owner-fields.tsx'
import { PacketFields } from './packet-fields.tsx'
import { RecordFields } from './record-fields.tsx'
import { RedactionFields } from './redaction-fields.tsx'
import { RequestFields } from './request-fields.tsx'
import { SECTION_WORDS, type SectionName } from './section-words.ts'
import { StageFields } from './stage-fields.tsx'

/** What has a value already: closed, with that value in a line, until somebody wants another or one is wrong. */
const SECTIONS: readonly Readonly<{
  name: SectionName
  title: string
  fields: readonly Field[]
  Fields: ComponentType<FieldProps>
}>[] = [
  {
    name: 'requests',
    title: 'Which requests reach the shadow',
    fields: ['percent', 'writes', 'reads', 'graphql', 'allowedWrites', 'hops'],
    Fields: RequestFields,
  },
  { name: 'redaction', title: 'Redaction', fields: ['redaction'], Fields: RedactionFields },
  {
    name: 'credentials',
    title: 'Credentials for the shadow',
    fields: ['credentials'],
    Fields: CredentialFields,
  },
  { name: 'records', title: 'Records', fields: ['record'], Fields: RecordFields },
  {
    name: 'packets',
    title: 'Which packets are mirrored',
    fields: ['clientCidrs', 'directions', 'packetLength'],
    Fields: PacketFields,
  },
  {
    name: 'comparison',
    title: 'How answers are compared',
    fields: ['endpoints', 'snapshotAt'],
    Fields: CompareFields,
  },
  { name: 'stages', title: 'Probe and stages', fields: ['probe', 'ramp'], Fields: StageFields },
  { name: 'abort', title: 'What else ends it', fields: ['abort'], Fields: AbortFields },
  { name: 'owner', title: 'Owner and reason', fields: ['owner', 'reason'], Fields: OwnerFields },
]

export const OptionalSections = (props: FieldProps) => (
  <Container
    header={
      <Header variant="h2" description="It can start with these values. Open what you want to change.">
        Everything else
      </Header>
    }
  >
    {SECTIONS.map(({ name, title, fields, Fields }) => (
      <OptionalSection
        key={name}
        title={title}
        says={SECTION_WORDS[name](props.form)}
        wrong={fields.some((field) => props.errors[field] !== undefined)}
      >
        <Fields {...props} />
      </OptionalSection>
    ))}
  </Container>
)

type Props = Readonly<{ title: string; says: string; wrong: boolean; children: React.ReactNode }>

/** Open while something in it is wrong. */
const OptionalSection = ({ title, says, wrong, children }: Props) => {
  const [open, setOpen] = useState(false)
  return (
    <div className="optional-section">
      <ExpandableSection
        headerText={title}
        headerDescription={says}
        headingTagOverride="h3"
        expanded={open || wrong}
        onChange={({ detail }) => setOpen(detail.expanded)}
      >
        {children}
      </ExpandableSection>
    </div>
  )
}
