import { catalogue } from '../../contract/catalogue.ts'
import { EVIDENCE_FORMATS } from '../../contract/evidence.ts'
import type { Commands } from '../command.ts'
import { EXIT, exitOfVerdict, Failure } from '../exit.ts'
import { changesOf } from '../noise.ts'
import { atMostOne, experimentOf, PAGES, pageOf, REASON, text } from '../operands.ts'
import { useRecords } from '../records.ts'
import * as show from '../show.ts'

/** What an experiment has found, and what was done to it. */
export const answers: Commands = {
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
  'delete-evidence': {
    summary: catalogue.deleteEvidence.summary,
    operands: 'EXPERIMENT',
    options: { reason: { value: 'TEXT', help: 'why, for the audit trail (needed)' } },
    run: async (values, operands, { client, print }) => {
      const params = experimentOf(operands)
      const reason = text(values, 'reason')
      if (reason === undefined) throw new Failure('--reason is missing: why is it deleted?', EXIT.usage)
      const experiment = await client().call('deleteEvidence', { params, query: { reason }, body: undefined })
      print(experiment, `The evidence of ${experiment.id} is shown to nobody any more, and is being deleted.`)
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
  records: {
    summary: `${catalogue.listRecords.summary}; --get reads one of them, --delete deletes them all`,
    operands: 'EXPERIMENT',
    options: {
      get: { value: 'RECORD', help: 'write this record to --output; who read it is in the audit trail' },
      output: { value: 'FILE', help: 'where --get writes it: the gateway replays and converts such files' },
      delete: { help: 'delete all of them, before their time is over' },
      ...REASON,
    },
    run: async (values, operands, { client, print }) => {
      const { answer, text: said } = await useRecords(client(), experimentOf(operands).id, {
        get: text(values, 'get'),
        output: text(values, 'output'),
        delete: values.delete === true,
        reason: text(values, 'reason'),
      })
      print(answer, said)
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
      print(list, show.paged(list, show.audit(list.entries)))
      return EXIT.done
    },
  },
}
