import { expect, test } from 'vitest'
import { parse, toExperiment } from '../../web/src/router.ts'

test('addresses lead to pages, and unknown ones nowhere', () => {
  expect(parse('')).toEqual({ page: 'experiments' })
  expect(parse('#/experiments')).toEqual({ page: 'experiments' })
  expect(parse('#/start')).toEqual({ page: 'start' })
  expect(parse(toExperiment('exp_1', 'money'))).toEqual({ page: 'experiment', id: 'exp_1', tab: 'money' })
  expect(parse('#/experiments/%E0%A4%A')).toEqual({ page: 'experiment', id: '%E0%A4%A', tab: '' })
  expect(parse('#/x/y')).toEqual({ page: 'nowhere', path: 'x/y' })
})
