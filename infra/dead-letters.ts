import { environment } from './environment.ts'
import { deadLetterPermissions } from './permissions.ts'
import { deadLetters } from './schedule-group.ts'

/** Discards what a schedule found gone and reports the rest, in its log and in the audit trail. */
export const reader = deadLetters.subscribe(
  {
    handler: 'functions/dead-letters.handler',
    // The queue shows a message again after 30 s.
    timeout: '30 seconds',
    environment,
    permissions: deadLetterPermissions,
  },
  { batch: { size: 10 } },
)
