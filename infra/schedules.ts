import { environment } from './environment.ts'
import { controlPermissions, endRecords, storeEvidence } from './permissions.ts'
import { CONTROL_NAME, deadLetters, scheduleGroup, trustScheduler } from './schedule-group.ts'

/** Runs the tick, and the start and end of each experiment. */
export const control = new sst.aws.Function('Control', {
  name: CONTROL_NAME,
  handler: 'functions/schedules.handler',
  timeout: '2 minutes',
  environment,
  permissions: [...controlPermissions, ...storeEvidence, ...endRecords],
})

// Scheduler hands a call over and is done; from there on Lambda itself tries again. A tick that is late is the next one’s.
new aws.lambda.FunctionEventInvokeConfig('ControlRetries', {
  functionName: control.name,
  maximumRetryAttempts: 1,
  maximumEventAgeInSeconds: 120,
})

/** The next tick does what one that never arrived left undone: it is soon not worth trying any more. */
export const tick = new sst.aws.CronV2('Tick', {
  schedule: 'rate(1 minute)',
  function: control.arn,
  event: { kind: 'tick' },
  retries: 2,
  dlq: deadLetters.arn,
  transform: {
    role: (role) => {
      role.assumeRolePolicy = trustScheduler
    },
    schedule: (schedule) => {
      schedule.groupName = scheduleGroup.name
      schedule.target = $output(schedule.target).apply((target) => ({
        ...target,
        retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 60 },
      }))
    },
  },
})
