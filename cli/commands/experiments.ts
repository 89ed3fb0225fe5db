import { catalogue } from '../../contract/catalogue.ts'
import type { Command, Commands } from '../command.ts'
import { EXIT, exitOf, Failure } from '../exit.ts'
import {
  atMostOne,
  everyPage,
  experimentOf,
  none,
  noted,
  numberGiven,
  PAGES,
  pageOf,
  REASON,
  REVISION,
  text,
} from '../operands.ts'
import { SPEC } from '../options.ts'
import { planText } from '../plan-text.ts'
import { follow, start } from '../run.ts'
import * as show from '../show.ts'
import { numberOf, readSource, readSpec, type SpecOptions, secondsOf } from '../spec.ts'

/** A change that needs no more than an experiment and a reason. */
const changing = (
  id: 'stopExperiment' | 'killExperiment' | 'pauseExperiment' | 'resumeExperiment',
): Command => ({
  summary: catalogue[id].summary,
  operands: 'EXPERIMENT',
  options: { ...REASON, ...REVISION },
  run: async (values, operands, { client, print }) => {
    const params = experimentOf(operands)
    const experiment = await client().call(id, { params, query: {}, body: noted(values) })
    print(experiment, show.experiment(experiment))
    return EXIT.done
  },
})

export const experiments: Commands = {
  run: {
    summary: `${catalogue.createExperiment.summary}; with --wait, follow it to its end`,
    operands: '[SPEC.json]',
    options: {
      wait: { help: 'show how it goes and end with a code that says how it ended; an interrupt stops it' },
      'deployment-id': {
        value: 'ID',
        help: 'the same id and spec again find the same experiment instead of starting another',
      },
      ...SPEC,
    },
    run: async (values, operands, { client, print, say, signal }) => {
      const id = text(values, 'deployment-id')
      const spec = readSpec(atMostOne(operands), values as SpecOptions, id ?? 'experiment')
      const experiment = await start(client(), spec, id)
      if (values.wait !== true) {
        print(experiment, show.experiment(experiment))
        return EXIT.done
      }
      say(`experiment ${experiment.id}`)
      const ended = await follow(client(), experiment, { say, signal })
      const params = { id: ended.id }
      const verdict = await client().call('getVerdict', { params, query: {}, body: undefined })
      print({ experiment: ended, verdict }, `${show.experiment(ended)}\n${show.verdict(verdict)}`)
      return exitOf(ended, verdict)
    },
  },
  plan: {
    summary: catalogue.planExperiment.summary,
    operands: '[SPEC.json]',
    options: SPEC,
    run: async (values, operands, { client, print }) => {
      const body = readSpec(atMostOne(operands), values as SpecOptions, 'experiment')
      const plan = await client().call('planExperiment', { params: {}, query: {}, body })
      print(plan, planText(plan))
      return plan.startable ? EXIT.done : EXIT.notStartable
    },
  },
  preview: {
    summary: catalogue.previewSource.summary,
    operands: '[SPEC.json]',
    options: { source: SPEC.source, tag: SPEC.tag },
    run: async (values, operands, { client, print }) => {
      const source = readSource(atMostOne(operands), values as SpecOptions)
      const pages = await everyPage((query) =>
        client().call('previewSource', {
          params: {},
          query: { maxResults: 1000, ...query },
          body: { source },
        }),
      )
      const whole = { ...pages[0], enis: pages.flatMap(({ enis }) => enis), nextToken: null }
      print(whole, show.preview(whole))
      return EXIT.done
    },
  },
  status: {
    summary: catalogue.getExperiment.summary,
    operands: 'EXPERIMENT',
    options: {},
    run: async (_, operands, { client, print }) => {
      const params = experimentOf(operands)
      const experiment = await client().call('getExperiment', { params, query: {}, body: undefined })
      print(experiment, show.experiment(experiment))
      return EXIT.done
    },
  },
  list: {
    summary: catalogue.listExperiments.summary,
    operands: '',
    options: PAGES,
    run: async (values, operands, { client, print }) => {
      none(operands)
      const list = await client().call('listExperiments', {
        params: {},
        query: pageOf(values),
        body: undefined,
      })
      print(list, show.paged(list, show.experiments(list.experiments)))
      return EXIT.done
    },
  },
  stop: changing('stopExperiment'),
  kill: changing('killExperiment'),
  pause: changing('pauseExperiment'),
  resume: changing('resumeExperiment'),
  extend: {
    summary: catalogue.extendExperiment.summary,
    operands: 'EXPERIMENT',
    options: {
      by: { value: 'TIME', help: 'how much longer: 10m, 2h' },
      budget: { value: 'DOLLARS', help: 'a new budget; the old one when left out' },
      ...REASON,
      ...REVISION,
    },
    run: async (values, operands, { client, print }) => {
      const params = experimentOf(operands)
      const by = text(values, 'by')
      const budget = text(values, 'budget')
      if (by === undefined) throw new Failure('--by is missing: how much longer?', EXIT.usage)
      const body = {
        bySeconds: secondsOf('--by', by),
        ...(budget !== undefined && { budgetUsd: numberOf('--budget', budget) }),
        ...noted(values),
      }
      const experiment = await client().call('extendExperiment', { params, query: {}, body })
      print(experiment, show.experiment(experiment))
      return EXIT.done
    },
  },
  approve: {
    summary: catalogue.approveExperiment.summary,
    operands: 'EXPERIMENT',
    options: {
      reason: { value: 'TEXT', help: 'why it may go on, for the audit trail (needed)' },
      revision: { value: 'N', help: 'what you have seen; without it, the experiment as it is now' },
    },
    run: async (values, operands, { client, print }) => {
      const params = experimentOf(operands)
      const reason = text(values, 'reason')
      if (reason === undefined) throw new Failure('--reason is missing: why may it go on?', EXIT.usage)
      const seen =
        numberGiven(values, 'revision') ??
        (await client().call('getExperiment', { params, query: {}, body: undefined })).revision
      const body = { reason, ifRevision: seen }
      const experiment = await client().call('approveExperiment', { params, query: {}, body })
      print(experiment, show.experiment(experiment))
      return EXIT.done
    },
  },
}
