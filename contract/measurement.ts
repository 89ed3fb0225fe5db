import * as z from 'zod'
import { mergeSketches } from './sketch.ts'
import { Sketch } from './sketch-schema.ts'

/** How well latency can be measured: durations in which no release does anything. */
export const Measurement = z.strictObject({
  handshake: Sketch.describe(
    'from SYN to SYN-ACK at the sources, by capture: production’s kernel answers at once, so that the rest is the way of the copies',
  ),
  shadow: Sketch.describe('until a connection from the gateway to the shadow stands'),
  control: Sketch.describe('the same to the control'),
})
export type Measurement = z.output<typeof Measurement>

export const emptyMeasurement = (): Measurement => ({ handshake: [], shadow: [], control: [] })

export const addMeasurements = (a: Measurement, b: Measurement): Measurement => ({
  handshake: mergeSketches(a.handshake, b.handshake),
  shadow: mergeSketches(a.shadow, b.shadow),
  control: mergeSketches(a.control, b.control),
})
