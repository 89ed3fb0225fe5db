import Button from '@cloudscape-design/components/button'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Experiment } from '../../../contract/experiment.ts'
import { call } from '../client.ts'
import { experimentQuery } from '../queries.ts'

type Props = Readonly<{ experiment: Experiment; onError: (error: Error | null) => void }>

/** Pauses a mirroring experiment, or resumes a paused one: neither costs or loses anything that needs a question. */
export const PauseButton = ({ experiment, onError }: Props) => {
  const client = useQueryClient()
  const { id, pausedSince, probe } = experiment
  const change = useMutation({
    mutationFn: () =>
      call(pausedSince === null ? 'pauseExperiment' : 'resumeExperiment', {
        params: { id },
        query: {},
        body: {},
      }),
    onMutate: () => onError(null),
    onError,
    onSuccess: (changed) => {
      client.setQueryData(experimentQuery(id).queryKey, changed)
      void client.invalidateQueries({ queryKey: ['experiments'] })
    },
  })
  return (
    <Button loading={change.isPending} onClick={() => change.mutate()}>
      {pausedSince === null ? 'Pause' : probe?.state === 'asking' ? 'Go on after the probe' : 'Resume'}
    </Button>
  )
}
