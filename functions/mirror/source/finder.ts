import type { NetworkInterface } from '@aws-sdk/client-ec2'
import type { Source, SourceBy } from '../../../contract/source.ts'
import type { Clients } from '../../clients.ts'

export type SourceClients = Pick<Clients, 'ec2' | 'ecs' | 'elb' | 'autoScaling'>

/** The interfaces that a source means, and what it names and nothing was found for, one sentence each. */
export type Found = { interfaces: NetworkInterface[]; missing: string[] }

export type Finder<By extends SourceBy> = (
  clients: SourceClients,
  source: Extract<Source, { by: By }>,
) => Promise<Found>
