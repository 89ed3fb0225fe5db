import { AwsError } from './aws-error.ts'
import { action, type Service } from './service.ts'
import type { State } from './state.ts'

/** AWS STS, as far as "who am I" goes. */
export function stsService({ world }: State): Service {
  return {
    scope: 'sts',
    query: { namespace: 'https://sts.amazonaws.com/doc/2011-06-15/', version: '2011-06-15', dialect: 'aws' },
    actions: {
      GetCallerIdentity: action(
        {},
        () => ({
          Arn: `arn:aws:iam::${world.account}:user/local`,
          UserId: 'AIDALOCALLOCALLOCALL0',
          Account: world.account,
        }),
        { readOnly: true },
      ),
    },
    refuse: ({ message }) => new AwsError('ValidationError', message),
  }
}
