import type { Basis } from '../../contract/money.ts'
import { BASIS } from './words.ts'

/** Stands beside every dollar figure: where it comes from. */
export const BasisMark = ({ basis }: { basis: Basis }) => (
  <span className={`basis basis-${basis}`} title={BASIS[basis].meaning}>
    {BASIS[basis].label}
  </span>
)
