import { inputs, PREFIX } from './stage.ts'

/** orders/shadow-token is SHADOWMETER_SECRET_ORDERS_SHADOW_TOKEN for a gateway and ShadowOrdersShadowToken for SST. */
const words = (name: string) => name.split(/[/-]/)
const variable = (name: string) => `SHADOWMETER_SECRET_${words(name).join('_').toUpperCase()}`
const secretName = (name: string) =>
  `Shadow${words(name)
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join('')}`

/** The values go from SST’s encrypted state into SSM; a task definition holds only where they are. */
export const shadowSecrets = inputs.shadowSecrets.map((name) => ({
  variable: variable(name),
  parameter: new aws.ssm.Parameter(secretName(name).replace('Shadow', 'ShadowParameter'), {
    name: `/${PREFIX}/${name}`,
    type: 'SecureString',
    value: new sst.Secret(secretName(name)).value,
  }),
}))
