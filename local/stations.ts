import type { Place } from './network.ts'

/** An instance whose traffic the relay tap carries. */
export type ProductionInstance = {
  instance: string
  networkInterface: string
  mac: string
  /** Last byte of its address: below 128 in the first zone, else in the second. */
  host: number
  type: string
  name: string
  service: string
  /** Where clients connect. */
  place: Place
  /** Port of the service in mirrored packets. */
  port: number
}

/** The demo’s order service: two instances in two zones. */
export const ORDERS: readonly ProductionInstance[] = [
  {
    instance: 'i-0b5d1c2e3f4a59601',
    networkInterface: 'eni-0d9c8b7a6f5e4d301',
    mac: '02:5a:6b:10:00:0a',
    host: 10,
    type: 'm5.large',
    name: 'orders-1',
    service: 'orders',
    place: 'orders-1',
    port: 8080,
  },
  {
    instance: 'i-0b5d1c2e3f4a59602',
    networkInterface: 'eni-0d9c8b7a6f5e4d302',
    mac: '02:5a:6b:10:00:8a',
    host: 138,
    type: 'm5.large',
    name: 'orders-2',
    service: 'orders',
    place: 'orders-2',
    port: 8080,
  },
]

/** The service that a user brings along. */
export const ownInstance = (name: string, port: number): ProductionInstance => ({
  instance: 'i-0b5d1c2e3f4a59610',
  networkInterface: 'eni-0d9c8b7a6f5e4d310',
  mac: '02:5a:6b:10:00:14',
  host: 20,
  type: 'm5.large',
  name,
  service: 'own',
  place: 'own',
  port,
})

/** What else stands in the VPC. */
export const STATIONS = {
  reports: {
    instance: 'i-0b5d1c2e3f4a59620',
    networkInterface: 'eni-0d9c8b7a6f5e4d320',
    mac: '02:5a:6b:10:00:1e',
    host: 30,
  },
  loadBalancer: [
    { networkInterface: 'eni-0d9c8b7a6f5e4d330', mac: '02:5a:6b:10:00:05', host: 5 },
    { networkInterface: 'eni-0d9c8b7a6f5e4d331', mac: '02:5a:6b:10:00:85', host: 133 },
  ],
  database: { networkInterface: 'eni-0d9c8b7a6f5e4d350', mac: '02:5a:6b:10:00:be', host: 190 },
  fargate: { networkInterface: 'eni-0d9c8b7a6f5e4d340', mac: '02:5a:6b:10:00:b4', host: 180 },
} as const

/** The VPC’s router: every address that is not one of the above is behind it. */
export const ROUTER_MAC = '02:5a:6b:10:00:01'
