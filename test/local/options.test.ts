import { describe, expect, test } from 'vitest'
import { OptionError, parseOptions } from '../../local/options.ts'

const own = ['--production', '127.0.0.1:3000', '--shadow', 'http://127.0.0.1:3001', '--shadow-uses', 'own']

describe('the options of the local system', () => {
  test('have defaults for a demo', () => {
    expect(parseOptions([])).toEqual({
      port: 4700,
      demo: true,
      data: null,
      tick: 5,
      demonstration: { release: 'next', seconds: 600, seed: 42, snapshotAge: null },
      own: null,
    })
  })

  test('take a service of the user’s own with its shadow', () => {
    expect(parseOptions([...own, '--port', '5000', '--data', 'state', '--tick', '60'])).toEqual({
      port: 5000,
      demo: true,
      data: 'state',
      tick: 60,
      demonstration: { release: 'next', seconds: 600, seed: 42, snapshotAge: null },
      own: { host: '127.0.0.1', port: 3000, shadow: 'http://127.0.0.1:3001', writes: 'hold', uses: 'own' },
    })
  })

  test.each([
    [
      ['--production', '[::1]:3000', '--shadow', 'https://s.test/base/', '--shadow-uses', 'none'],
      { host: '::1', shadow: 'https://s.test/base' },
    ],
    [[...own, '--writes', 'forward'], { writes: 'forward' }],
    [
      ['--production', 'localhost:80', '--shadow', 'http://localhost:81', '--shadow-uses', 'stub'],
      { host: 'localhost', port: 80 },
    ],
  ])('understand %j', (args, expected) => {
    expect(parseOptions(args)).toMatchObject({ own: expected })
  })

  test('say what the demo shows', () => {
    expect(parseOptions(['--release', 'same', '--seconds', '60', '--seed', '7'])).toMatchObject({
      demonstration: { release: 'same', seconds: 60, seed: 7, snapshotAge: null },
    })
  })

  test('give help before anything else', () => {
    expect(parseOptions(['--help', '--port', 'x'])).toBe('help')
  })

  test.each<[string[], RegExp]>([
    [['--port', 'abc'], /--port takes a number/],
    [['--port', '65535'], /--port takes a number/],
    [['--port', '-1'], /--port/],
    [['--port'], /--port/],
    [['--prot', '1'], /--prot/],
    [['start'], /start/],
    [['--release', 'old'], /--release takes next or same/],
    [['--seconds', '5'], /--seconds takes a number from 20/],
    [['--seed', 'x'], /--seed takes a whole number/],
    [['--data', ''], /--data takes a folder/],
    [['--tick', '1'], /--tick takes a whole number of seconds from 2/],
    [['--tick', '61'], /--tick takes/],
    [['--tick', '2.5'], /--tick takes/],
    [['--production', '127.0.0.1:3000'], /--production needs --shadow/],
    [['--shadow', 'http://127.0.0.1:3001'], /--shadow needs --production/],
    [['--writes', 'forward'], /--writes needs --production/],
    [[...own, '--writes', 'maybe'], /--writes takes hold or forward/],
    [['--production', 'host:80', '--shadow', 'http://127.0.0.1:1'], /--shadow-uses own, stub or none/],
    [['--production', '3000', '--shadow', 'http://127.0.0.1:1'], /--production takes HOST:PORT/],
    [['--production', 'host:70000', '--shadow', 'http://127.0.0.1:1'], /--production takes HOST:PORT/],
    [['--production', 'a b:80', '--shadow', 'http://127.0.0.1:1'], /--production takes HOST:PORT/],
    [['--production', 'host:80', '--shadow', '127.0.0.1:3001'], /--shadow takes an http or https address/],
    [['--production', 'host:80', '--shadow', 'ftp://127.0.0.1/'], /--shadow takes an http or https address/],
    [['--production', 'host:80', '--shadow', 'http://u:p@127.0.0.1/'], /without user name/],
  ])('refuse %j in one line', (args, message) => {
    expect(() => parseOptions(args)).toThrow(OptionError)
    expect(() => parseOptions(args)).toThrow(message)
    expect(() => parseOptions(args)).not.toThrow(/\n/)
  })
})
