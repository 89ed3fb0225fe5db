import { useQueryClient } from '@tanstack/react-query'
import { call } from '../client.ts'
import { download } from '../download.ts'
import { recordsQuery } from '../queries.ts'
import { ReasonModal } from './reason-modal.tsx'

type DeleteProps = Readonly<{ id: string; live: boolean; visible: boolean; onClose: () => void }>

/** All of them: nothing brings them back. */
export const DeleteRecordsModal = ({ id, live, visible, onClose }: DeleteProps) => {
  const client = useQueryClient()
  return (
    <ReasonModal
      header="Delete the records of this experiment?"
      kept="Kept in its history."
      no="Keep them"
      yes="Delete them for good"
      failed="They were not deleted"
      act={(reason) => call('deleteRecords', { params: { id }, query: {}, body: { reason } })}
      onDone={(list) => {
        client.setQueryData(recordsQuery(id, live).queryKey, list)
        void client.invalidateQueries({ queryKey: ['audit', id] })
      }}
      visible={visible}
      onClose={onClose}
    >
      All of them go, for everybody and for good. {live && 'What gateways put after this is kept. '}
      Verdict, evidence and history stay.
    </ReasonModal>
  )
}

type ReadProps = Readonly<{ id: string; name: string | null; onClose: () => void }>

/** A file for whoever says why; that it was read stands in the history before it is handed out. */
export const ReadRecordModal = ({ id, name, onClose }: ReadProps) => {
  const client = useQueryClient()
  return (
    <ReasonModal
      header={`Read ${name ?? 'a record'}?`}
      kept="Kept in the history of the experiment."
      no="Cancel"
      yes="Download it"
      failed="It was not read"
      act={(reason) => call('readRecord', { params: { id, name: name ?? '' }, query: {}, body: { reason } })}
      onDone={(content) => {
        download(fileOf(content.gzip), content.name)
        void client.invalidateQueries({ queryKey: ['audit', id] })
      }}
      visible={name !== null}
      onClose={onClose}
    >
      It holds requests of production with their answers, redacted as the experiment says. That you read it,
      and why, is written into the history. A gateway replays the file (<code>--replay</code>) or turns it
      into another format (<code>--convert</code>).
    </ReasonModal>
  )
}

/** The packed file as it was stored. */
const fileOf = (base64: string): Blob =>
  new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], { type: 'application/gzip' })
