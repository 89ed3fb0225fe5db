import type { Experiment } from '../../contract/experiment.ts'
import { useNow } from './clock.ts'
import { dateTime, duration } from './format.ts'

/** What the clock says about an experiment: until it starts, until it must end, or how long it ran. */
export const TimeLeft = ({ experiment }: { experiment: Experiment }) => {
  const { phase, startAt, endAt, mirroringSince, endedAt } = experiment
  const now = useNow(phase !== 'ended')
  const seconds = (to: string, from = now) => (Date.parse(to) - from) / 1000
  switch (phase) {
    case 'scheduled':
      return <time dateTime={startAt}>starts in {duration(seconds(startAt))}</time>
    case 'preparing':
    case 'mirroring':
      return (
        <time dateTime={endAt} title={`Ends ${dateTime(endAt)}`}>
          {duration(seconds(endAt))}
        </time>
      )
    case 'draining':
      return <>taking down</>
    case 'ended':
      if (mirroringSince === null || endedAt === null) return <>–</>
      return <>ran {duration(seconds(endedAt, Date.parse(mirroringSince)))}</>
  }
}
