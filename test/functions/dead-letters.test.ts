import { DeleteTrafficMirrorSessionCommand } from '@aws-sdk/client-ec2'
import { expect, test } from 'vitest'
import { handleDeadLetters } from '../../functions/dead-letters.ts'
import { listAudit } from '../../functions/store/audit.ts'
import type { Switches } from '../../local/aws/switches.ts'
import { type Account, begin, leftovers, openAccount, pass, read } from '../support/experiment-account.ts'
import { experimentSpec } from '../support/experiment-spec.ts'

const PATIENT = { timeout: 30_000 }

const letter = (
  code: string,
  target = 'ec2:deleteTrafficMirrorSession',
  schedule = 'group/a.kill.tms-1',
) => ({
  messageId: 'm',
  body: '{}',
  messageAttributes: Object.fromEntries(
    Object.entries({
      ERROR_CODE: code,
      ERROR_MESSAGE: 'as AWS says it',
      SCHEDULE_ARN: `arn:aws:scheduler:us-east-1:111122223333:schedule/${schedule}`,
      SCHEDULED_TIME: '2026-11-21T12:00:00.000Z',
      TARGET_ARN: `arn:aws:scheduler:::aws-sdk:${target}`,
    }).map(([name, stringValue]) => [name, { stringValue, dataType: 'String' }]),
  ),
})
const errors = ({ lines }: Account) => lines.filter((line) => line.includes(' error '))

test.each<Switches['notFoundSpelling']>(['documented', 'observed'])(
  'a kill schedule that finds its session gone is a success, in the %s spelling',
  PATIENT,
  async (notFoundSpelling) => {
    const account = await openAccount({ notFoundSpelling })
    const id = await begin(account, experimentSpec({ window: { durationSeconds: 30 } }))
    for (let n = 0; n < 5 && (await read(account.plane, id)).experiment.phase !== 'mirroring'; n++)
      await pass(account)
    for (const TrafficMirrorSessionId of leftovers(account).sessions)
      await account.plane.clients.ec2.send(new DeleteTrafficMirrorSessionCommand({ TrafficMirrorSessionId }))

    // Nobody looks any more: the schedules of rules, sessions and gateways fire by themselves.
    await pass(account, null, 60)
    const delivered = () => account.invoked.filter(({ name }) => name === 'dead-letters')
    await expect
      .poll(() => delivered().flatMap(({ event }) => (event as { Records: unknown[] }).Records).length)
      .toBe(2)
    for (const { event } of delivered()) await handleDeadLetters(account.plane, event)

    expect(account.lines.filter((line) => line.includes('was gone'))).toHaveLength(2)
    expect(errors(account)).toEqual([])
    await expect.poll(() => account.cloud.state.messages.list()).toEqual([])
  },
)

test(
  'what a schedule could not do is reported in the log and in the trail of its experiment, once',
  PATIENT,
  async () => {
    const account = await openAccount()
    const id = await begin(account, experimentSpec())
    const denied = letter('UnauthorizedOperation', 'ec2:deleteTrafficMirrorSession', `group/${id}.kill.tms-1`)
    const event = {
      Records: [
        denied,
        denied,
        letter('InvalidTrafficMirrorSessionNotFound', 'ecs:updateService'),
        // A rule goes with its filter, and what its lease was for is done.
        letter('InvalidTrafficMirrorFilterRuleNotFound', 'ec2:modifyTrafficMirrorFilterRule'),
      ],
    }

    await handleDeadLetters(account.plane, event)

    expect(errors(account)).toHaveLength(3)
    const { items } = await listAudit(account.plane.table, id, { maxResults: 10 })
    expect(items).toMatchObject([
      {
        who: 'shadowmeter',
        what: `a schedule could not do its work: ${id}.kill.tms-1`,
        why: 'UnauthorizedOperation',
      },
    ])
  },
)

test('a letter of another shape is reported without its content, and keeps no other', PATIENT, async () => {
  const account = await openAccount()

  await handleDeadLetters(account.plane, {
    Records: [{ messageId: 'm', body: 'secret' }, letter('InvalidTrafficMirrorSessionId.NotFound')],
  })

  expect(errors(account)).toHaveLength(1)
  expect(errors(account).join()).not.toContain('secret')
  expect(account.lines.join()).toContain('was gone')
})
