import { api } from './api.ts'
import { environment } from './environment.ts'
import { service } from './gateway.ts'
import { listener } from './load-balancer.ts'
import { mirrorTarget } from './mirror.ts'
import { removalPermissions } from './permissions.ts'
import { deadLetters, scheduleGroup, scheduleRole } from './schedule-group.ts'
import { control, tick } from './schedules.ts'

const lastLook = new sst.aws.Function('Removal', {
  handler: 'functions/removal.handler',
  timeout: '2 minutes',
  environment,
  permissions: removalPermissions,
  // Runs in AWS in `sst dev`, too: when a stage is removed, no developer’s machine answers.
  dev: false,
})

/**
 * Is deleted before everything named in its input, since it depends on that: by then it calls the function, which sweeps
 * and fails while anything is left that costs money. A failed delete stops the removal with everything still there that
 * ends sessions. Named one by one: a component counts only those of its resources that exist when it is named.
 */
new aws.lambda.Invocation('BeforeRemoval', {
  functionName: lastLook.name,
  lifecycleScope: 'CRUD',
  input: $jsonStringify({
    after: [
      tick.nodes.schedule.arn,
      control.arn,
      api.handler.arn,
      scheduleGroup.arn,
      scheduleRole.arn,
      deadLetters.arn,
      service.id,
      listener.arn,
      mirrorTarget.arn,
    ],
  }),
})
