/** Holds for every function. Must be imported before anything that creates one. */
$transform(sst.aws.Function, (args) => {
  args.runtime ??= 'nodejs24.x'
  args.architecture ??= 'arm64'
  args.memory ??= '512 MB'
  args.logging ??= { retention: '1 month', format: 'json' }
  if ($dev && args.dev !== false) return
  // SST 4.17.1 asks `!dev` of an Output, so that the role of a deployed function trusts the whole account too.
  const given = args.transform?.role
  args.transform = {
    ...args.transform,
    role: (role, options, name) => {
      role.assumeRolePolicy = aws.iam.assumeRolePolicyForPrincipal({ Service: 'lambda.amazonaws.com' })
      if (typeof given === 'function') given(role, options, name)
      else Object.assign(role, given)
      return undefined
    },
  }
})

export {}
