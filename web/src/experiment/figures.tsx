import Container from '@cloudscape-design/components/container'
import type { ReactNode } from 'react'
import type { Experiment } from '../../../contract/experiment.ts'
import { BasisMark } from '../basis-mark.tsx'
import { budget, bytes, count, dollars, percent, time } from '../format.ts'
import { SpendBar } from '../spend-bar.tsx'

/** The numbers that decide whether to go on. */
export const Figures = ({ experiment }: { experiment: Experiment }) => {
  const { spec, phase, spend, forecastUsd, volume, usdPerGb, liveUsdPerGb, requests } = experiment
  const { sources, stage, gateways, meteredAt } = experiment
  const over = phase === 'ended'
  const lost = requests.incomplete + requests.dropped
  const share = (n: number) => (requests.received === 0 ? null : n / requests.received)
  const ofReceived = (n: number) => {
    const part = share(n)
    return part === null ? 'nothing received yet' : `${percent(part)} of ${count(requests.received)} received`
  }

  return (
    <Container>
      <dl className="figures">
        <Figure
          wide
          label={`Spend of ${budget(spec.budgetUsd)} budget`}
          mark={<BasisMark basis={spend.basis} />}
          value={dollars(spend.totalUsd)}
        >
          <SpendBar spend={spend} budgetUsd={spec.budgetUsd} forecastUsd={over ? null : forecastUsd} />
          <Outlook experiment={experiment} />
        </Figure>
        <Figure
          label="$ per GB"
          mark={<BasisMark basis={spend.basis} />}
          value={usdPerGb === null ? '–' : dollars(usdPerGb)}
        >
          {usdPerGb === null ? 'before the first byte' : 'spend ÷ mirrored GB so far'}
        </Figure>
        {!over && (
          <Figure
            label="$ per GB now"
            mark={<BasisMark basis={spend.basis} />}
            value={liveUsdPerGb === null ? '–' : dollars(liveUsdPerGb)}
          >
            {liveUsdPerGb === null ? 'nothing is mirrored' : 'last 5 minutes, hours by the minute'}
          </Figure>
        )}
        <Figure label="Mirrored" value={bytes(volume.bytes)}>
          {count(volume.packets)} packets
        </Figure>
        <Figure label="Requests forwarded" value={count(requests.forwarded)}>
          {ofReceived(requests.forwarded)}
        </Figure>
        <Figure label="Requests lost" value={count(lost)} warn={(share(lost) ?? 0) > LOSS_WORTH_A_LOOK}>
          {ofReceived(lost)}
        </Figure>
        {!over && (
          <>
            <Figure label="Sources mirrored now" value={count(sources)}>
              {stage === null ? 'network interfaces' : `of ${count(stage.candidates)} network interfaces`}
            </Figure>
            {stage !== null && (
              <Figure label="Stage" value={`${stage.number} of ${stage.of}`}>
                {stage.requests} % of requests. {stage.holds}
              </Figure>
            )}
            <Figure label="Gateways now" value={count(gateways)}>
              {meteredAt === null ? 'not metered yet' : `metered ${time(new Date(meteredAt))}`}
            </Figure>
          </>
        )}
      </dl>
    </Container>
  )
}

const Outlook = ({ experiment: { phase, spec, spend, forecastUsd } }: { experiment: Experiment }) => {
  if (phase === 'scheduled') return 'nothing is spent before it starts'
  if (phase === 'ended') {
    const rest = Math.max(0, spec.budgetUsd - spend.totalUsd)
    return `${dollars(rest)} of the budget not used (${spend.basis})`
  }
  return (
    <>
      {dollars(forecastUsd)} expected at its end <BasisMark basis="estimated" />
    </>
  )
}

/** Above this share a loss is coloured. */
const LOSS_WORTH_A_LOOK = 0.01

type FigureProps = Readonly<{
  label: string
  value: string
  mark?: ReactNode
  wide?: boolean
  warn?: boolean
  children: ReactNode
}>

const Figure = ({ label, value, mark, wide = false, warn = false, children }: FigureProps) => (
  <div className={wide ? 'figure-wide' : undefined}>
    <dt>
      {label} {mark}
    </dt>
    <dd>
      <div className={warn ? 'figure-value figure-warn' : 'figure-value'}>{value}</div>
      <div className="figure-note">{children}</div>
    </dd>
  </div>
)
