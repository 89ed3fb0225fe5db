import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'
import { startTestCloud } from '../support/aws-clients.ts'
import { eni, mirrorTargetId, parkingFilterId, roleArn } from '../support/aws-world.ts'
import { findProgram } from '../support/program.ts'

/** The first AWS CLI on the path: versions 1 and 2, old and new, speak to the same endpoints. */
const { path: cli, why } = await findProgram(['aws'], 'awscli')
if (cli === null) console.warn(`Not run, the AWS CLI against the endpoints: ${why}`)

type Answer = { code: number; stdout: string; stderr: string }

function aws(endpoint: string, command: string): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(
      cli ?? 'aws',
      [...words(command), '--endpoint-url', endpoint, '--output', 'json'],
      {
        env: {
          PATH: process.env.PATH,
          HOME: '/nonexistent',
          AWS_ACCESS_KEY_ID: 'local',
          AWS_SECRET_ACCESS_KEY: 'local',
          AWS_DEFAULT_REGION: 'us-east-1',
          AWS_MAX_ATTEMPTS: '1',
          AWS_PAGER: '',
        },
      },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    )
  })
}

/** Words between spaces; single quotes hold one together. */
const words = (command: string): string[] =>
  (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'|'$/g, ''))

test.skipIf(cli === null)(
  'the AWS CLI works against the endpoints and shows their errors as AWS’s own',
  { timeout: 180_000 },
  async () => {
    const { cloud } = await startTestCloud({ switches: { throttle: false } })
    const run = (command: string) => aws(cloud.address, command)
    const answer = async (command: string) => {
      const { code, stdout, stderr } = await run(command)
      if (code !== 0) throw new Error(`aws ${command}: exit ${code}\n${stderr}`)
      return stdout.trim() === '' ? {} : JSON.parse(stdout)
    }
    const session = `ec2 create-traffic-mirror-session --network-interface-id ${eni(1)} --traffic-mirror-target-id ${mirrorTargetId} --traffic-mirror-filter-id ${parkingFilterId} --session-number`
    const tags = `--tag-specifications 'ResourceType=traffic-mirror-session,Tags=[{Key=owner,Value=me}]'`
    const target = `{"Arn":"arn:aws:scheduler:::aws-sdk:ec2:deleteTrafficMirrorSession","RoleArn":"${roleArn}","Input":"{}"}`

    const [made] = await Promise.all([
      answer(`${session} 7 ${tags}`),
      answer('cloudwatch put-metric-data --namespace Shadowmeter --metric-name Bytes --value 3 --unit Bytes'),
    ])
    const id = made.TrafficMirrorSession.TrafficMirrorSessionId
    await answer(
      `scheduler create-schedule --name cli-kill --schedule-expression 'at(2099-01-01T00:00:00)' --flexible-time-window Mode=OFF --target '${target}'`,
    )
    const sessions = await answer(
      'ec2 describe-traffic-mirror-sessions --filters Name=session-number,Values=7',
    )
    const metrics = await answer('cloudwatch list-metrics --namespace Shadowmeter')
    const services = await answer('ecs describe-services --cluster shadowmeter --services gateway')
    const clash = await run(`${session} 7`)
    const missing = await run('scheduler get-schedule --name nothing')
    const dryRun = await run(`ec2 delete-traffic-mirror-session --traffic-mirror-session-id ${id} --dry-run`)
    const unknown = await run('ec2 describe-images')

    expect(sessions.TrafficMirrorSessions).toMatchObject([
      {
        TrafficMirrorSessionId: id,
        SessionNumber: 7,
        PacketLength: 8500,
        Tags: [{ Key: 'owner', Value: 'me' }],
      },
    ])
    expect(metrics.Metrics).toMatchObject([{ MetricName: 'Bytes' }])
    expect(services.services).toMatchObject([{ serviceName: 'gateway', desiredCount: 0 }])
    expect(failed(clash)).toMatch(
      /An error occurred \(InvalidParameterValue\) when calling the CreateTrafficMirrorSession operation.*: The session number 7 is already being used/,
    )
    expect(failed(missing)).toMatch(/\(ResourceNotFoundException\) when calling the GetSchedule operation/)
    expect(failed(dryRun)).toContain('Request would have succeeded, but DryRun flag is set.')
    expect(failed(unknown)).toContain(
      'The action DescribeImages is not implemented by the local AWS endpoints',
    )
  },
)

/** What the CLI says when it fails; 254 (version 2) and 255 (version 1) are its exit codes for an error of a service. */
function failed({ code, stderr }: Answer): string {
  expect([254, 255]).toContain(code)
  return stderr.trim()
}
