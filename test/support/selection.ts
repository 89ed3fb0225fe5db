import { Selection, type SelectionInput } from '../../contract/selection.ts'
import { type Rules, Selector } from '../../data-plane/select/rules.ts'

/** Rules that let everything through, unless said otherwise. */
export const rulesWith = (
  select: SelectionInput = {},
  given: Partial<Omit<Rules, 'select'>> = {},
): Rules => ({
  percent: 100,
  writes: 'forward',
  sharedBy: 1,
  ...given,
  select: Selection.parse(select),
})

export const selectorWith = (
  select: SelectionInput = {},
  given: Partial<Omit<Rules, 'select'>> = {},
  experiment = 'exp_01JD7Q2M3N4P5R6S7T8V9W0X1Y',
): Selector => new Selector(experiment, rulesWith(select, given))
