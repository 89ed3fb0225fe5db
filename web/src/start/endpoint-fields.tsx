import FileInput from '@cloudscape-design/components/file-input'
import FormField from '@cloudscape-design/components/form-field'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Textarea from '@cloudscape-design/components/textarea'
import { useState } from 'react'
import type { FieldProps } from './field-props.ts'

/** A document, not patterns as somebody types them. */
const DOCUMENT = /^\s*\{|^\s*["']?openapi["']?\s*:/m

/** How endpoints are named: found from the traffic, by patterns of one’s own, or by an OpenAPI document of the service. */
export const EndpointFields = ({ form, errors, set, leave }: FieldProps) => {
  const [refused, setRefused] = useState<string | null>(null)

  /** Read on this machine: only the endpoints that it names are sent. */
  const take = async (document: Blob) => {
    const { endpointsOf, TEXT_MAX } = await import('../../../contract/openapi-document.ts')
    try {
      const text = await document.slice(0, TEXT_MAX + 1).text()
      set({ endpoints: endpointsOf(text).join('\n') })
      setRefused(null)
    } catch (error) {
      setRefused(
        `This document was not understood: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }

  return (
    <FormField
      label="Endpoints (optional)"
      description="One a line, such as GET /orders/{id}; what matches none is named by its shape. Or an OpenAPI 3 document of the service, in JSON or YAML, pasted here or from a file."
      errorText={refused ?? errors.endpoints}
      stretch
    >
      <SpaceBetween size="xs">
        <Textarea
          name="endpoints"
          value={form.endpoints}
          rows={4}
          placeholder="found from the traffic"
          onChange={({ detail }) => {
            if (DOCUMENT.test(detail.value)) void take(new Blob([detail.value]))
            else {
              set({ endpoints: detail.value })
              setRefused(null)
            }
          }}
          onBlur={() => leave('endpoints')}
        />
        <FileInput
          accept=".json,.yaml,.yml"
          value={[]}
          onChange={({ detail }) => {
            const [file] = detail.value
            if (file) void take(file)
          }}
        >
          OpenAPI document
        </FileInput>
      </SpaceBetween>
    </FormField>
  )
}
