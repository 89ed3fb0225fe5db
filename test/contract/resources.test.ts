import { expect, test } from 'vitest'
import { ExperimentSpec } from '../../contract/experiment.ts'
import { dependencies } from '../support/declared.ts'
import { resourcesOf } from '../support/resources.ts'

const mirrored = { requests: { production: 'mirrored' } }
const shadow = { url: 'http://127.0.0.1:9000' }

const problems = (change: object) => {
  const parsed = ExperimentSpec.safeParse({
    name: 'checkout',
    source: { by: 'eni', ids: ['eni-0123456789abcdef0'] },
    traffic: { ports: [8080] },
    shadow,
    dependencies,
    window: { durationSeconds: 120 },
    budgetUsd: 25,
    ...change,
  })
  return parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []
}

test.each<[string, object, RegExp | null]>([
  ['production’s own count', { compare: { resources: resourcesOf(['cpu']) } }, null],
  ['what is mirrored, all of it', { compare: { resources: resourcesOf(['cpu'], mirrored) } }, null],
  [
    'what is mirrored of some clients',
    {
      compare: { resources: resourcesOf(['cpu'], mirrored) },
      traffic: { ports: [8080], clientCidrs: ['10.0.0.0/8'] },
    },
    /^compare\.resources\.requests\.production: requests of some clients only are mirrored: name the metric/,
  ],
  [
    'what is mirrored by stages',
    {
      compare: { resources: resourcesOf(['cpu'], mirrored) },
      ramp: { stages: [{ sources: 50, seconds: 60 }, { sources: 100 }] },
    },
    /^compare\.resources\.requests\.production: a stage of the ramp mirrors some sources only: name the metric/,
  ],
  [
    'a control that there is not',
    { compare: { resources: resourcesOf(['cpu'], { control: true }) } },
    /^compare\.resources: figures of a control are named, yet shadow\.control is not$/,
  ],
  [
    'one of several shadows',
    {
      compare: { resources: resourcesOf(['cpu']) },
      shadow: { ...shadow, distribution: 'split', others: [{ url: 'http://127.0.0.1:9001' }] },
    },
    /^compare\.resources\.requests\.shadow: requests are split among several shadows/,
  ],
  [
    'a resource twice',
    {
      compare: {
        resources: {
          ...resourcesOf(['cpu']),
          figures: [...resourcesOf(['cpu']).figures, ...resourcesOf(['cpu']).figures],
        },
      },
    },
    /^compare\.resources\.figures: each resource is named once$/,
  ],
  [
    'a period that no metric has',
    { compare: { resources: { ...resourcesOf(['cpu']), periodSeconds: 45 } } },
    /^compare\.resources\.periodSeconds: Invalid input/,
  ],
])('figures divided by %s', (_name, change, problem) => {
  const found = problems(change)

  expect(found).toHaveLength(problem === null ? 0 : 1)
  if (problem !== null) expect(found[0]).toMatch(problem)
})
