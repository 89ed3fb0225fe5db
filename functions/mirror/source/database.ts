import { interfacesBy } from '../interfaces.ts'
import type { Finder } from './finder.ts'

const NAMES = { rds: 'RDS', elasticache: 'ElastiCache' } as const

/** The two services whose own interfaces AWS mirrors. An interface does not say which database it belongs to. */
export const findDatabases: Finder<'database'> = async ({ ec2 }, { service }) => {
  const interfaces = await interfacesBy(ec2, 'requester-id', [`amazon-${service}`])
  return {
    interfaces,
    missing: interfaces.length > 0 ? [] : [`There is no network interface of ${NAMES[service]}.`],
  }
}
