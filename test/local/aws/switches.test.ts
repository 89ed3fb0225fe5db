import { expect, test } from 'vitest'
import { defaultSwitches, type Switches, switchValues } from '../../../local/aws/switches.ts'

test.each(Object.keys(defaultSwitches) as (keyof Switches)[])(
  'the values of %s begin with its default',
  (name) => {
    const values: readonly unknown[] = switchValues[name]

    expect(values[0]).toBe(defaultSwitches[name])
    expect(new Set(values).size).toBe(values.length)
  },
)
