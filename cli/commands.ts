import type { OwnerMonth } from '../contract/budget.ts'
import { catalogue } from '../contract/catalogue.ts'
import { EVIDENCE_FORMATS } from '../contract/evidence.ts'
import { ExperimentId } from '../contract/experiment.ts'
import { WindowScheduleSpec } from '../contract/window-schedule.ts'
import type { Client } from './client.ts'
import { EXIT, exitOf, exitOfVerdict, Failure } from './exit.ts'
import { changesOf } from './noise.ts'
import { type Options, SPEC, type Values } from './options.ts'
import { follow, start } from './run.ts'
import * as show from './show.ts'
import { numberOf, readSpec, type SpecOptions, secondsOf } from './spec.ts'

/** What a command works with. */
export type Surroundings = {
  client: () => Client
  environment: Readonly<Record<string, string | undefined>>
  /** The result, for people; `--json` prints the answer itself instead. */
  print: (answer: unknown, text: string) => void
  /** What happens on the way, on stderr. */
  say: (line: string) => void
  /** Aborted by SIGINT and SIGTERM. */
  signal: AbortSignal
}

export type Command = Readonly<{
  summary: string
  /** What it takes beside options. */
  operands: string
  options: Options
  run: (values: Values, operands: readonly string[], surroundings: Surroundings) => Promise<number>
}>

const REASON = { reason: { value: 'TEXT', help: 'why, for the audit trail' } } as const
const REVISION = {
  revision: { value: 'N', help: 'only if this is still the experiment’s revision, else it is a conflict' },
} as const
const TIMES = {
  cron: { value: 'CRON', help: WindowScheduleSpec.shape.cron.description ?? '' },
  'time-zone': { value: 'ZONE', help: 'IANA time zone, such as Europe/Berlin (default UTC)' },
  blackout: { value: 'DATE', multiple: true, help: 'a day on which no window may lie: 2026-12-24' },
} as const
const PAGES = { 'max-results': { value: 'N', help: 'the newest so many (default 50)' } } as const

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

/** Every command once: help and dispatch are derived from it, summaries from the API’s catalogue. */
export const COMMANDS: Readonly<Record<string, Command>> = {
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
      print(plan, show.plan(plan))
      return plan.startable ? EXIT.done : EXIT.notStartable
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
  verdict: {
    summary: catalogue.getVerdict.summary,
    operands: 'EXPERIMENT',
    options: {},
    run: async (_, operands, { client, print }) => {
      const params = experimentOf(operands)
      const verdict = await client().call('getVerdict', { params, query: {}, body: undefined })
      print(verdict, show.verdict(verdict))
      return exitOfVerdict(verdict)
    },
  },
  evidence: {
    summary: catalogue.renderEvidence.summary,
    operands: 'EXPERIMENT',
    options: {
      format: {
        value: 'WHICH',
        help: 'markdown (when left out), html, json: the package itself, or schema: its JSON Schema',
      },
    },
    run: async (values, operands, { client, print }) => {
      const params = experimentOf(operands)
      const wanted = text(values, 'format') ?? 'markdown'
      if (wanted === 'json' || wanted === 'schema') {
        const document =
          wanted === 'json'
            ? await client().call('getEvidence', { params, query: {}, body: undefined })
            : await client().evidenceSchema()
        print(document, JSON.stringify(document))
        return EXIT.done
      }
      const format = EVIDENCE_FORMATS.find((one) => one === wanted)
      if (format === undefined)
        throw new Failure(`--format takes markdown, html, json or schema, not '${wanted}'`, EXIT.usage)
      const page = await client().call('renderEvidence', {
        params: { ...params, format },
        query: {},
        body: undefined,
      })
      print(page, page.text)
      return EXIT.done
    },
  },
  noise: {
    summary:
      'List where answers differ and what was learned to be chance there; confirm it as noise, or reject it',
    operands: 'EXPERIMENT',
    options: {
      confirm: {
        value: 'PLACE',
        multiple: true,
        help: 'says nothing about the release; a place as it is listed',
      },
      reject: { value: 'PLACE', multiple: true, help: 'no chance excuses it' },
      learn: { value: 'PLACE', multiple: true, help: 'as the traffic tells, whatever was decided before' },
      ...REASON,
    },
    run: async (values, operands, { client, print }) => {
      const params = experimentOf(operands)
      const reason = text(values, 'reason')
      let list = await client().call('listNoise', { params, query: {}, body: undefined })
      for (const change of changesOf(list, values)) {
        const body = { ...change, ...(reason !== undefined && { reason }) }
        list = await client().call('decideNoise', { params, query: {}, body })
      }
      print(list, show.noise(list))
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
      print(list, show.experiments(list.experiments))
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
  audit: {
    summary: 'List who changed what, when and why, of one experiment or of all',
    operands: '[EXPERIMENT]',
    options: PAGES,
    run: async (values, operands, { client, print }) => {
      const id = atMostOne(operands)
      const query = pageOf(values)
      const list =
        id === undefined
          ? await client().call('listAudit', { params: {}, query, body: undefined })
          : await client().call('listExperimentAudit', { params: experimentOf([id]), query, body: undefined })
      print(list, show.audit(list.entries))
      return EXIT.done
    },
  },
  reconcile: {
    summary: catalogue.getReconciliation.summary,
    operands: 'EXPERIMENT',
    options: {},
    run: async (_, operands, { client, print }) => {
      const params = experimentOf(operands)
      const found = await client().call('getReconciliation', { params, query: {}, body: undefined })
      print(found, show.reconciliation(found))
      return EXIT.done
    },
  },
  schedules: {
    summary: catalogue.listSchedules.summary,
    operands: '',
    options: PAGES,
    run: async (values, operands, { client, print }) => {
      none(operands)
      const list = await client().call('listSchedules', {
        params: {},
        query: pageOf(values),
        body: undefined,
      })
      print(list, show.schedules(list.schedules))
      return EXIT.done
    },
  },
  schedule: {
    summary: catalogue.createSchedule.summary,
    operands: '[SPEC.json]',
    options: { ...TIMES, ...SPEC },
    run: async (values, operands, { client, print }) => {
      const experiment = readSpec(atMostOne(operands), values as SpecOptions, 'experiment')
      const { cron, ...when } = timesOf(values)
      if (cron === undefined) throw new Failure('--cron is missing: when?', EXIT.usage)
      const body = { experiment, cron, ...when }
      const made = await client().call('createSchedule', { params: {}, query: {}, body })
      print(made, show.schedule(made))
      return EXIT.done
    },
  },
  reschedule: {
    summary: catalogue.changeSchedule.summary,
    operands: 'SCHEDULE',
    options: { ...TIMES, ...REASON, ...REVISION },
    run: async (values, operands, { client, print }) => {
      const body = { ...timesOf(values), ...noted(values) }
      const changed = await client().call('changeSchedule', { params: scheduleOf(operands), query: {}, body })
      print(changed, show.schedule(changed))
      return EXIT.done
    },
  },
  unschedule: {
    summary: catalogue.deleteSchedule.summary,
    operands: 'SCHEDULE',
    options: REASON,
    run: async (values, operands, { client, print }) => {
      const reason = text(values, 'reason')
      const query = reason === undefined ? {} : { reason }
      const gone = await client().call('deleteSchedule', {
        params: scheduleOf(operands),
        query,
        body: undefined,
      })
      print(gone, show.schedule(gone))
      return EXIT.done
    },
  },
  spend: {
    summary: catalogue.listBudgets.summary,
    operands: '',
    options: { month: { value: 'YYYY-MM', help: 'which, in UTC; this one when left out' } },
    run: async (values, operands, { client, print }) => {
      none(operands)
      const month = text(values, 'month')
      const owners: OwnerMonth[] = []
      let page: Awaited<ReturnType<typeof read>>
      let nextToken: string | undefined
      const read = () =>
        client().call('listBudgets', {
          params: {},
          query: { maxResults: 200, ...(month && { month }), ...(nextToken && { nextToken }) },
          body: undefined,
        })
      do {
        page = await read()
        owners.push(...page.owners)
        nextToken = page.nextToken ?? undefined
      } while (nextToken !== undefined)
      print({ month: page.month, owners }, show.spend(page.month, owners))
      return EXIT.done
    },
  },
  budget: {
    summary: catalogue.setBudget.summary,
    operands: 'OWNER',
    options: {
      'month-usd': { value: 'DOLLARS', help: 'for each calendar month, in UTC' },
      remove: { help: 'no limit any more, or the default one' },
      ...REASON,
      revision: { value: 'N', help: 'only if this is still the budget’s revision, else it is a conflict' },
    },
    run: async (values, operands, { client, print }) => {
      const owner = atMostOne(operands)
      const monthUsd = text(values, 'month-usd')
      if (owner === undefined) throw new Failure('Whose budget? * is everybody’s who has none', EXIT.usage)
      if ((monthUsd === undefined) === (values.remove !== true))
        throw new Failure('Either --month-usd DOLLARS or --remove', EXIT.usage)
      const body = {
        owner,
        monthUsd: monthUsd === undefined ? null : numberOf('--month-usd', monthUsd),
        ...noted(values),
      }
      const set = await client().call('setBudget', { params: {}, query: {}, body })
      print(set, show.spend(set.month, [set]))
      return EXIT.done
    },
  },
  panic: {
    summary:
      'Delete this deployment’s filter rules, mirror sessions and filters at once, with EC2 rights alone',
    operands: '',
    options: {
      deployment: {
        value: 'APP/STAGE',
        help: 'whose (SHADOWMETER_DEPLOYMENT): the value of the tag deployment',
      },
      region: { value: 'REGION', help: 'where (AWS_REGION)' },
      'dry-run': { help: 'only say what would be deleted' },
    },
    run: async (values, operands, { environment, print, say }) => {
      none(operands)
      const deployment = text(values, 'deployment') ?? environment.SHADOWMETER_DEPLOYMENT
      const region = text(values, 'region') ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION
      if (!deployment) throw new Failure('--deployment is missing: whose resources are to go?', EXIT.usage)
      if (!region) throw new Failure('--region is missing: where is the deployment?', EXIT.usage)
      // The SDK is needed for this alone.
      const { panic } = await import('./panic.ts')
      const dryRun = values['dry-run'] === true
      const done = await panic({ deployment, region, dryRun, say })
      print(done, panicWords(deployment, done.deleted.length, dryRun))
      return EXIT.done
    },
  },
  whoami: {
    summary: catalogue.getCaller.summary,
    operands: '',
    options: {},
    run: async (_, operands, { client, print }) => {
      none(operands)
      const caller = await client().call('getCaller', { params: {}, query: {}, body: undefined })
      print(caller, `${caller.who}: ${caller.roles.join(', ') || 'no role'}`)
      return EXIT.done
    },
  },
  openapi: {
    summary: 'Print the API’s OpenAPI document',
    operands: '',
    options: {},
    run: async (_, operands, { client, print }) => {
      none(operands)
      const document = await client().openApi()
      print(document, JSON.stringify(document, null, 2))
      return EXIT.done
    },
  },
}

const panicWords = (deployment: string, count: number, dryRun: boolean): string => {
  if (count === 0) return `Nothing of ${deployment} mirrors anything.`
  const what = `${count} ${count === 1 ? 'resource' : 'resources'} of ${deployment}`
  return dryRun ? `${what} would be deleted.` : `${what} deleted: nothing is mirrored any more.`
}

const text = (values: Values, name: string): string | undefined => values[name] as string | undefined

const numberGiven = (values: Values, name: string): number | undefined => {
  const given = text(values, name)
  return given === undefined ? undefined : numberOf(`--${name}`, given)
}

const none = (operands: readonly string[]): void => {
  if (operands.length > 0) throw new Failure(`'${operands[0]}' is one too many; see --help`, EXIT.usage)
}

const atMostOne = ([first, ...rest]: readonly string[]): string | undefined => {
  none(rest)
  return first
}

const experimentOf = (operands: readonly string[]): { id: string } => {
  const id = atMostOne(operands)
  if (id === undefined) throw new Failure('Which experiment? `shadowmeter list` shows their ids', EXIT.usage)
  const read = ExperimentId.safeParse(id)
  if (!read.success)
    throw new Failure(
      `'${id}' is none: ${read.error.issues.map(({ message }) => message).join('; ')}`,
      EXIT.usage,
    )
  return { id }
}

const scheduleOf = (operands: readonly string[]): { id: string } => {
  const id = atMostOne(operands)
  if (id === undefined)
    throw new Failure('Which schedule? `shadowmeter schedules` shows their ids', EXIT.usage)
  return { id }
}

const timesOf = (values: Values) => {
  const [cron, timeZone] = [text(values, 'cron'), text(values, 'time-zone')]
  const blackoutDates = values.blackout as string[] | undefined
  return {
    ...(cron !== undefined && { cron }),
    ...(timeZone !== undefined && { timeZone }),
    ...(blackoutDates !== undefined && { blackoutDates }),
  }
}

const noted = (values: Values) => {
  const [reason, revision] = [text(values, 'reason'), text(values, 'revision')]
  return {
    ...(reason !== undefined && { reason }),
    ...(revision !== undefined && { ifRevision: numberOf('--revision', revision) }),
  }
}

const pageOf = (values: Values): { maxResults?: number } => {
  const most = text(values, 'max-results')
  return most === undefined ? {} : { maxResults: numberOf('--max-results', most) }
}
