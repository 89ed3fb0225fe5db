import Alert from '@cloudscape-design/components/alert'
import Button from '@cloudscape-design/components/button'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useState } from 'react'
import { call } from '../client.ts'
import { download } from '../download.ts'

const FORMATS = [
  { format: 'html', label: 'HTML', ending: 'html' },
  { format: 'markdown', label: 'Markdown', ending: 'md' },
  { format: 'json', label: 'JSON', ending: 'json' },
] as const
type Format = (typeof FORMATS)[number]['format']

/** The evidence package as a file. */
export const Export = ({ id }: { id: string }) => {
  const [busy, setBusy] = useState<Format | null>(null)
  const [failure, setFailure] = useState<string | null>(null)
  const save = async (format: Format, ending: string) => {
    setBusy(format)
    setFailure(null)
    try {
      download(await fileOf(id, format), `${id}.${ending}`)
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
    }
    setBusy(null)
  }
  return (
    <SpaceBetween size="xs">
      <SpaceBetween direction="horizontal" size="xs">
        {FORMATS.map(({ format, label, ending }) => (
          <Button
            key={format}
            iconName="download"
            ariaLabel={`Evidence as ${label}`}
            loading={busy === format}
            onClick={() => void save(format, ending)}
          >
            {label}
          </Button>
        ))}
      </SpaceBetween>
      {failure !== null && <Alert type="error">The evidence could not be read: {failure}</Alert>}
    </SpaceBetween>
  )
}

const fileOf = async (id: string, format: Format): Promise<Blob> => {
  if (format === 'json') {
    const evidence = await call('getEvidence', { params: { id }, query: {}, body: undefined })
    return new Blob([JSON.stringify(evidence, null, 2)], { type: 'application/json' })
  }
  const page = await call('renderEvidence', { params: { id, format }, query: {}, body: undefined })
  return new Blob([page.text], { type: page.mediaType })
}
