import deployment from '../deployment.json'
import { readInputs } from './inputs.ts'

export const inputs = readInputs(deployment, $app.stage)

/** In production data is kept and protected, and everything exists twice. */
export const isProduction = $app.stage === 'production'

/** Whose AWS resources are ours: the value of their `deployment` tag. */
export const DEPLOYMENT = `${$app.name}/${$app.stage}`
/** What fixed names begin with. */
export const PREFIX = `${$app.name}-${$app.stage}`

/** What everything of this deployment carries; the control plane’s own policies and the sweeper match both. */
export const OWN_TAGS = { 'managed-by': 'shadowmeter', deployment: DEPLOYMENT }

/** Where requests may go, for the control plane that judges specs and for the gateways that make connections. */
export const allowedShadows = JSON.stringify({ ranges: inputs.shadows, hosts: inputs.shadowHosts })

export const region = inputs.region
export const account = aws.getCallerIdentityOutput().accountId
export const arn = (service: string, resource: $util.Input<string>) =>
  $interpolate`arn:aws:${service}:${region}:${account}:${resource}`
