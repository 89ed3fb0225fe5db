import { Notice } from '../../contract/notice.ts'
import { NOTICES, noticeKey } from '../../contract/table.ts'
import { deleteItem, putItem, queryAll, type Table } from './table.ts'

/** Notices that are not known to have reached the event bus, in order of time. */
export const pendingNotices = async (table: Table): Promise<Notice[]> =>
  (await queryAll(table, NOTICES)).map((item) => Notice.parse(item.notice))

export const writeNotice = async (table: Table, notice: Notice): Promise<void> => {
  await putItem(table, noticeKey(notice.id), { notice })
}

export const forgetNotice = (table: Table, id: string): Promise<void> => deleteItem(table, noticeKey(id))
