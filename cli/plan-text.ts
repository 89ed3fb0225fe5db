import type { Plan } from '../contract/plan.ts'
import { ruleWords } from '../contract/watch.ts'
import { count, dollars, paint, rows, second, section, size } from './text.ts'

/** What an experiment would do and cost, for people. */
export const planText = (shown: Plan): string => {
  const { startable, problems, warnings, startAt, endAt, sources, rules, gateways, estimate } = shown
  return [
    rows([
      ['can start', startable ? paint('green', 'yes') : paint('red', 'no')],
      ['window', `${second(startAt)} to ${second(endAt)}`],
      ...(shown.preNoticeMinutes === 0
        ? []
        : [['pre-notice', `${shown.preNoticeMinutes} minutes before it starts, to security teams`] as const]),
      ['cost', `${dollars(estimate.lowUsd)} to ${dollars(estimate.highUsd)}, estimated`],
      ['reserve', `${dollars(shown.reserveUsd)} of the budget kept free, estimated`],
      ['overshoot', `${dollars(shown.overshootUsd)} at most past the budget, estimated`],
      ['prices', shown.pricesFrom],
      ...(shown.month === null
        ? []
        : [
            [
              'month',
              `${dollars(shown.month.leftUsd)} of ${dollars(shown.month.budgetUsd)} left to ${shown.month.owner} in ${shown.month.month}`,
            ] as const,
          ]),
      ['gateways', count(gateways)],
      ...(shown.probe === null
        ? []
        : [
            [
              'probe',
              `${count(shown.probe.sources)} of ${count(shown.probe.of)} sources for ${shown.probe.seconds} s first, ` +
                (shown.probe.after === 'ask' ? 'then it asks' : 'then it goes on'),
            ] as const,
          ]),
    ]),
    ...section('problems', problems),
    ...section('warnings', warnings),
    ...section(
      'sources',
      sources.map(({ eni, instance, address, verdict, reason }) =>
        [eni, instance ?? '–', address, verdict, reason].join('  '),
      ),
    ),
    ...section(
      'filter rules',
      rules.map(({ number, direction, action, meaning }) => `${direction} ${number} ${action}: ${meaning}`),
    ),
    ...section(
      'stages (the share of requests saves nothing of what mirroring costs)',
      shown.ramp.map(
        ({ sources: some, of, requests, seconds, sessionUsdPerHour }) =>
          `${count(some)} of ${count(of)} sources, ${requests} % of the requests, ` +
          `${seconds === null ? 'to the end' : `${seconds} s at least`}: sessions ${dollars(sessionUsdPerHour)} an hour, estimated`,
      ),
    ),
    ...section(
      'ends by itself',
      shown.abort.map(
        ({ rule, detectsWithinSeconds }) => `${ruleWords(rule)}; noticed within ${detectsWithinSeconds} s`,
      ),
    ),
    ...section('assumptions', estimate.assumptions),
    ...section(
      'measured',
      shown.inputs.map(({ what, value, unit, from }) => `${what}: ${rate(value, unit)} (${from})`),
    ),
    ...section(
      'quotas',
      shown.quotas.map(
        ({ what, limit, used, needed, from }) =>
          `${what}: ${count(needed)} more of ${count(limit)}, ${used === null ? 'use not known' : `${count(used)} in use`} (${from})`,
      ),
    ),
  ].join('\n')
}

const rate = (value: number, unit: Plan['inputs'][number]['unit']): string => {
  if (unit === 'percent') return `${Number(value.toPrecision(3))} %`
  return unit === 'bytes per second' ? `${size(value)} a second` : `${Number(value.toPrecision(3))} a second`
}
