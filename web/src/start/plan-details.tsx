import ExpandableSection from '@cloudscape-design/components/expandable-section'
import type { Plan, PlannedEni } from '../../../contract/plan.ts'
import { ruleWords } from '../../../contract/watch.ts'
import { count, dollars, duration, percent, rate } from '../format.ts'
import { PlainTable } from '../plain-table.tsx'
import { Sentences } from './sentences.tsx'
import { Verdict } from './verdict.tsx'

/** What stands behind the price: what was assumed and measured, each interface, each thing that would be created. */
export const PlanDetails = ({ plan }: { plan: Plan }) => {
  const { estimate, inputs, found, sources, rules, created } = plan
  const mirrored = created.sessions
  return (
    <div>
      <ExpandableSection headerText={`Assumptions (${estimate.assumptions.length})`} defaultExpanded>
        <Sentences of={[...estimate.assumptions, `Prices: ${plan.pricesFrom}.`]} />
      </ExpandableSection>
      <ExpandableSection
        headerText={inputs.length === 0 ? 'Measured: nothing yet' : `Measured (${inputs.length})`}
      >
        {inputs.length === 0 ? (
          <p className="quiet">
            CloudWatch has no traffic of these sources: the estimate is by assumption alone.
          </p>
        ) : (
          <PlainTable
            label="What was measured"
            columns={[{ name: 'What' }, { name: 'Rate', number: true }]}
            rows={inputs.map(({ what, value, unit, from }) => ({
              key: what,
              cells: [
                <span key="what">
                  {capital(what)}
                  <div className="quiet">{from}</div>
                </span>,
                rate(value, unit),
              ],
            }))}
          />
        )}
      </ExpandableSection>
      <ExpandableSection
        headerText={`Would be mirrored: ${mirrored === found ? '' : `${count(mirrored)} of `}${plural(found, 'network interface')}`}
        defaultExpanded={sources.some(({ verdict, mirrored: is }) => verdict !== 'supported' || !is)}
      >
        <PlainTable
          label="Network interfaces with their verdict"
          columns={[{ name: 'Interface' }, { name: 'Verdict' }]}
          rows={sources.map((one) => ({
            key: one.eni,
            cells: [
              <span key="name">
                {one.name ?? one.address}
                <div className="quiet mono">{one.eni}</div>
              </span>,
              <Judged key="verdict" {...one} />,
            ],
          }))}
        />
        {found > sources.length && (
          <p className="quiet">{count(found - sources.length)} more: the source’s preview has all of them.</p>
        )}
      </ExpandableSection>
      {plan.preNoticeMinutes > 0 && (
        <p className="quiet">
          Security teams are told {duration(60 * plan.preNoticeMinutes)} before its first mirror session.
        </p>
      )}
      {plan.probe !== null && (
        <p className="quiet">
          First a probe: {count(plan.probe.sources)} of {plural(plan.probe.of, 'network interface')}, one in
          each zone, for {duration(plan.probe.seconds)}.{' '}
          {plan.probe.after === 'ask' ? 'Then it is paused and asks.' : 'Then it goes on by itself.'}
        </p>
      )}
      {plan.ramp.length > 0 && (
        <ExpandableSection headerText={`Stages: ${plan.ramp.length}`} defaultExpanded>
          <PlainTable
            label="Stages"
            columns={[
              { name: 'Sources' },
              { name: 'Requests', number: true },
              { name: 'At least', number: true },
              { name: 'Sessions an hour', number: true },
            ]}
            rows={plan.ramp.map(({ sources: some, of, requests, seconds, sessionUsdPerHour }, index) => ({
              key: String(index),
              cells: [
                `${count(some)} of ${count(of)}`,
                `${requests} %`,
                seconds === null ? 'to the end' : duration(seconds),
                dollars(sessionUsdPerHour),
              ],
            }))}
          />
        </ExpandableSection>
      )}
      <ExpandableSection headerText={`Would end it by itself: ${plural(plan.abort.length, 'rule')}`}>
        <PlainTable
          label="Abort rules"
          columns={[{ name: 'When' }, { name: 'Noticed within', number: true }]}
          rows={plan.abort.map(({ rule, detectsWithinSeconds }) => ({
            key: ruleWords(rule),
            cells: [ruleWords(rule), duration(detectsWithinSeconds)],
          }))}
        />
      </ExpandableSection>
      <ExpandableSection headerText={`AWS’s quotas (${plan.quotas.length})`}>
        <PlainTable
          label="AWS’s quotas"
          columns={[
            { name: 'Quota' },
            { name: 'Limit', number: true },
            { name: 'In use', number: true },
            { name: 'Needed', number: true },
          ]}
          rows={plan.quotas.map(({ what, limit, used, needed, from }) => ({
            key: what,
            cells: [
              <span key="what">
                {capital(what)}
                <div className="quiet">{from}</div>
              </span>,
              count(limit),
              used === null ? 'not known' : count(used),
              count(needed),
            ],
          }))}
        />
      </ExpandableSection>
      <ExpandableSection
        headerText={`Would be created: ${plural(created.sessions, 'mirror session')}, ${plural(created.rules, 'filter rule')}, ${plural(created.gateways, 'gateway task')}`}
      >
        <p className="quiet">
          In 1 mirror filter, with {count(created.rulesLeft)} of AWS’s 10 rules left, and{' '}
          {plural(created.schedules, 'schedule')} that end it all. Everything is taken down at the end.
        </p>
        <PlainTable
          label="Filter rules, first match wins"
          columns={[{ name: 'Rule' }, { name: 'Action' }, { name: 'What it mirrors, and what that costs' }]}
          rows={rules.map(({ number, direction, action, meaning, costs }) => ({
            key: `${direction} ${number}`,
            cells: [
              String(number),
              `${action}, ${direction}`,
              <span key="meaning">
                {capital(meaning)}
                <div className="quiet">{costs}</div>
              </span>,
            ],
          }))}
        />
      </ExpandableSection>
    </div>
  )
}

/** The verdict of AWS’s lists, unless something else is in the way; and the room there is for it. */
const Judged = (one: PlannedEni) => {
  const { eni, verdict, reason, problem, doubts } = one
  const without = (sentence: string) => sentence.replace(`${eni}: `, '')
  return (
    <>
      <Verdict verdict={problem === null ? verdict : 'unsupported'} reason={without(problem ?? reason)} />
      {[...doubts.map(without), ...(one.mirrored ? [roomFor(one)] : [])].map((sentence) => (
        <div className="quiet" key={sentence}>
          {sentence}
        </div>
      ))}
    </>
  )
}

const roomFor = ({ sessionsLeft, sessionNumber, network }: PlannedEni): string => {
  const sessions = `${sessionsLeft} of 3 mirror sessions left, number ${sessionNumber} for this one.`
  return network === null
    ? `${sessions} Its network is not measured yet.`
    : `${sessions} At its peak ${percent(network.share)} of the network’s baseline, copies included.`
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const plural = (n: number, what: string): string => `${count(n)} ${what}${n === 1 ? '' : 's'}`
