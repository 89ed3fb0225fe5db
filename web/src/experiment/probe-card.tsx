import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs'
import type { Experiment } from '../../../contract/experiment.ts'
import type { ProbeFindings } from '../../../contract/probe.ts'
import { BasisMark } from '../basis-mark.tsx'
import { bytes, count, dollars, duration, percent, rate, time } from '../format.ts'
import { Sentences } from '../start/sentences.tsx'

const STATE = {
  probing: 'It measures one source in each zone; nothing else is mirrored yet.',
  asking: 'It is over and nothing is mirrored: resume to mirror the rest, or stop.',
  passed: 'It is over: this is what it measured before the rest was mirrored.',
} as const

/** What came before the first stage, and what it has measured. */
export const ProbeCard = ({ experiment: { probe } }: { experiment: Experiment }) => {
  if (probe === null) return null
  return (
    <Container
      header={
        <Header variant="h2" description={STATE[probe.state]}>
          Probe
        </Header>
      }
    >
      {probe.found === null ? (
        <div className="nothing quiet">
          {probe.since === null
            ? 'Its sources are not mirrored yet.'
            : `Measuring since ${time(new Date(probe.since))}.`}
        </div>
      ) : (
        <>
          {probe.found.problems.length > 0 && <Sentences of={probe.found.problems} />}
          <KeyValuePairs columns={3} minColumnWidth={200} items={itemsOf(probe.found)} />
        </>
      )}
    </Container>
  )
}

const itemsOf = (found: ProbeFindings) => {
  const { sources, candidates, zones, seconds, volume, received, forwarded, answered, protocols } = found
  const others = Object.entries(protocols).map(([name, n]) => `${name} ${count(n)}`)
  return [
    {
      label: 'Mirrored',
      value: `${count(sources)} of ${count(candidates)} sources in ${count(zones)} zones, ${duration(seconds)}`,
    },
    { label: 'Traffic', value: `${bytes(volume.bytes)} in ${count(volume.packets)} packets` },
    {
      label: 'Rate',
      value: `${rate(found.bytesPerSecond, 'bytes per second')}, ${rate(found.peakBytesPerSecond, 'bytes per second')} at the peak`,
    },
    {
      label: 'Requests',
      value:
        found.bytesPerRequest === null
          ? 'None'
          : `${count(received)}, ${bytes(Math.round(found.bytesPerRequest))} each`,
    },
    {
      label: 'Answered by the shadow',
      value:
        forwarded === 0
          ? 'None was forwarded'
          : `${percent(answered / forwarded)} of ${count(forwarded)} forwarded`,
    },
    {
      label: 'Payload that cannot be read',
      value:
        found.unreadableShare === null
          ? 'No payload'
          : `${percent(found.unreadableShare)}${others.length > 0 ? ` (connections: ${others.join(', ')})` : ''}`,
    },
    { label: 'Packets cut', value: count(found.truncatedPackets) },
    {
      label: 'All sources to the end',
      value: (
        <>
          {dollars(found.expectedUsd)} <BasisMark basis="estimated" />
        </>
      ),
    },
    {
      label: '$ per GB of all',
      value:
        found.expectedUsdPerGb === null ? (
          '–'
        ) : (
          <>
            {dollars(found.expectedUsdPerGb)} <BasisMark basis="estimated" />
          </>
        ),
    },
  ]
}
