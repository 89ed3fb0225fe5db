import Alert from '@cloudscape-design/components/alert'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import SegmentedControl from '@cloudscape-design/components/segmented-control'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { NoiseChange, NoisePlace } from '../../../contract/noise.ts'
import { call } from '../client.ts'
import { count, percent } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'
import { noiseQuery } from '../queries.ts'
import { DIFFERENCE } from '../words.ts'

/** More are in the evidence package. */
const SHOWN = 50

/** Where answers differ, what the traffic tells about chance there, and a switch to say otherwise. */
export const Noise = ({ id, live }: { id: string; live: boolean }) => {
  const client = useQueryClient()
  const noise = useQuery(noiseQuery(id, live))
  const decide = useMutation({
    mutationFn: (body: NoiseChange) => call('decideNoise', { params: { id }, query: {}, body }),
    onSuccess: (list) => {
      client.setQueryData(noiseQuery(id, live).queryKey, list)
      void client.invalidateQueries({ queryKey: ['verdict', id] })
      void client.invalidateQueries({ queryKey: ['audit', id] })
    },
  })
  const places = noise.data?.places ?? []
  if (places.length === 0) return null
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="What was learned can be confirmed (it then says nothing about the release) or rejected (no chance excuses it). The verdict follows at once."
        >
          Noise
        </Header>
      }
    >
      {decide.error !== null && (
        <Alert type="error">The decision was not taken: {decide.error.message}</Alert>
      )}
      <PlainTable
        label="Noise"
        columns={[
          { name: 'Endpoint' },
          { name: 'Where' },
          { name: 'What' },
          { name: 'Differing', number: true },
          { name: 'By chance', number: true },
          { name: 'Volatile', number: true },
          { name: 'Decision' },
        ]}
        rows={places.slice(0, SHOWN).map((place) => ({
          key: `${place.endpoint} ${place.kind} ${place.path}`,
          cells: [
            place.endpoint,
            <code key="path">{place.path}</code>,
            DIFFERENCE[place.kind],
            count(place.differing),
            chanceOf(place),
            count(place.volatile),
            <div key="decision" className="decision">
              <SegmentedControl
                label={`Decision about ${place.path} of ${place.endpoint}`}
                selectedId={place.decision}
                options={DECISIONS}
                onChange={({ detail }) => {
                  const { endpoint, kind, path } = place
                  const decision = detail.selectedId as NoiseChange['decision']
                  decide.mutate({ endpoint, kind, path, decision })
                }}
              />
            </div>,
          ],
        }))}
      />
      {places.length > SHOWN && (
        <div className="quiet">{count(places.length - SHOWN)} more are in the evidence package.</div>
      )}
    </Container>
  )
}

const DECISIONS = [
  { id: 'learned', text: 'Learned' },
  { id: 'confirmed', text: 'Noise' },
  { id: 'rejected', text: 'Not noise' },
]

const chanceOf = ({ chance }: NoisePlace): string => {
  if (chance === null) return '–'
  return `${percent(chance.found / chance.of)} of ${chance.from === 'control' ? 'the control’s' : 'repeats'}`
}
