import type { ReactNode } from 'react'

/** What a control saves: the mirror bill, or only load on the shadow. */
export const Effect = ({ on, children }: { on: 'bill' | 'shadow'; children: ReactNode }) => (
  <div className={`effect effect-${on}`}>
    <b>{on === 'bill' ? 'Saves money' : 'Saves no money'}</b>
    <span>{children}</span>
  </div>
)
