import { MeterPoint } from '../../contract/meter.ts'
import { belongings, meterKey } from '../../contract/table.ts'
import { type Page, putItem, queryPage, type Table } from './table.ts'

const PREFIX = 'METER#'

export const appendPoint = async (table: Table, experiment: string, point: MeterPoint): Promise<void> => {
  await putItem(table, meterKey(experiment, point.at), { point })
}

/** In order of time; `after` leaves out points up to and including that time. @throws BadToken */
export const listPoints = async (
  table: Table,
  experiment: string,
  page: { maxResults: number; nextToken?: string | undefined; after?: string | undefined },
): Promise<Page<MeterPoint>> => {
  const { items, nextToken } = await queryPage(table, belongings(experiment), {
    prefix: PREFIX,
    maxResults: page.maxResults,
    nextToken: page.nextToken,
    ...(page.after !== undefined && { after: PREFIX + page.after }),
  })
  return { items: items.map((item) => MeterPoint.parse(item.point)), nextToken }
}
