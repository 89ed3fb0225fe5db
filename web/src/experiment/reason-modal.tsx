import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import Modal from '@cloudscape-design/components/modal'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Trouble } from '../trouble.tsx'

type Props<Result> = Readonly<{
  header: string
  /** What it means. */
  children: ReactNode
  /** It may be left empty. */
  optional?: boolean
  /** Where the reason goes. */
  kept: string
  no: string
  yes: string
  /** What to say when it was refused. */
  failed: string
  act: (reason: string) => Promise<Result>
  onDone: (result: Result) => void
  visible: boolean
  onClose: () => void
}>

/** What is done with a reason, and not without one unless it is optional. */
export const ReasonModal = <Result,>(props: Props<Result>) => {
  const { header, children, optional = false, kept, no, yes, failed, act, onDone, visible, onClose } = props
  const [reason, setReason] = useState('')
  const doing = useMutation({
    mutationFn: () => act(reason.trim()),
    onSuccess: (result) => {
      onDone(result)
      close()
    },
  })
  const close = () => {
    setReason('')
    doing.reset()
    onClose()
  }
  return (
    <Modal
      visible={visible}
      onDismiss={close}
      header={header}
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              {no}
            </Button>
            <Button
              variant="primary"
              loading={doing.isPending}
              disabled={!optional && reason.trim() === ''}
              onClick={() => doing.mutate()}
            >
              {yes}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <div>{children}</div>
        <FormField label={optional ? 'Reason (optional)' : 'Reason'} description={kept}>
          <Input value={reason} onChange={({ detail }) => setReason(detail.value.slice(0, 500))} />
        </FormField>
        {doing.error && <Trouble error={doing.error} what={failed} />}
      </SpaceBetween>
    </Modal>
  )
}
