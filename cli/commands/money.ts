import { catalogue } from '../../contract/catalogue.ts'
import type { Commands } from '../command.ts'
import { EXIT, Failure } from '../exit.ts'
import { atMostOne, everyPage, experimentOf, none, noted, REASON, text } from '../operands.ts'
import * as show from '../show.ts'
import { numberOf } from '../spec.ts'

export const money: Commands = {
  ledger: {
    summary: catalogue.getLedger.summary,
    operands: 'EXPERIMENT',
    options: {},
    run: async (_, operands, { client, print }) => {
      const params = experimentOf(operands)
      const pages = await everyPage((query) =>
        client().call('getLedger', { params, query: { maxResults: 200, ...query }, body: undefined }),
      )
      // Each page has the account as it was then: the last is the latest.
      const ledger = { ...(pages.at(-1) ?? pages[0]), rows: pages.flatMap(({ rows }) => rows) }
      print(ledger, show.ledger(ledger))
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
  spend: {
    summary: catalogue.listBudgets.summary,
    operands: '',
    options: { month: { value: 'YYYY-MM', help: 'which, in UTC; this one when left out' } },
    run: async (values, operands, { client, print }) => {
      none(operands)
      const month = text(values, 'month')
      const pages = await everyPage((query) =>
        client().call('listBudgets', {
          params: {},
          query: { maxResults: 200, ...(month && { month }), ...query },
          body: undefined,
        }),
      )
      const owners = pages.flatMap((page) => page.owners)
      print({ month: pages[0].month, owners }, show.spend(pages[0].month, owners))
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
}
