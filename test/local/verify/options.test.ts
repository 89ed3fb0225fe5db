import { expect, it } from 'vitest'
import { OptionError, parseOptions } from '../../../local/verify/options.ts'

const DEPLOYMENT = ['--deployment', 'shadowmeter/staging']

it('asks before it creates anything unless it is told', () => {
  expect(parseOptions(DEPLOYMENT)).toMatchObject({ create: 'ask', throttle: false, waitSeconds: 120 })
  expect(parseOptions([...DEPLOYMENT, '--yes'])).toMatchObject({ create: 'yes' })
  expect(parseOptions([...DEPLOYMENT, '--no'])).toMatchObject({ create: 'no' })
})

it.each([
  [[], '--deployment takes app/stage, like shadowmeter/staging'],
  [['--deployment', 'staging'], '--deployment takes app/stage, like shadowmeter/staging'],
  [[...DEPLOYMENT, '--source', 'i-1'], "--source takes an interface like eni-0123456789abcdef0, not 'i-1'"],
  [[...DEPLOYMENT, '--service', 'gateway'], "--service takes CLUSTER/NAME, not 'gateway'"],
  [[...DEPLOYMENT, '--yes', '--no'], '--yes and --no exclude each other'],
  [[...DEPLOYMENT, '--wait', 'long'], '--wait takes 1 to 3600 seconds'],
  [[...DEPLOYMENT, '--delete'], "Unknown option '--delete'"],
])('refuses %j and says what is right', (args, words) => {
  expect(() => parseOptions(args)).toThrow(OptionError)
  expect(() => parseOptions(args)).toThrow(words)
})
