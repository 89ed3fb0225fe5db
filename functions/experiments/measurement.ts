import type { Measurement } from '../../contract/measurement.ts'
import { quantile, type Sketch, sketchCount } from '../../contract/sketch.ts'
import type { MeasuredWay } from '../../contract/verdict.ts'

/** Connections to each of the two: fewer do not tell how alike the ways are. */
const CONNECTIONS_MIN = 10

/** How well latency was measured, in milliseconds. */
export const measuredWay = ({ handshake, shadow, control }: Measurement): MeasuredWay => ({
  source: spreadOf(handshake),
  shadow: spreadOf(shadow),
  control: spreadOf(control),
  errorMs: errorOf(shadow, control),
})

/**
 * What the ways to shadow and control may differ in though no release does anything: their medians apart, and the wider
 * of their interquartile ranges; null when too little of it is known.
 */
const errorOf = (shadow: Sketch, control: Sketch): number | null => {
  if (sketchCount(shadow) < CONNECTIONS_MIN || sketchCount(control) < CONNECTIONS_MIN) return null
  const range = (sketch: Sketch): number => at(sketch, 0.75) - at(sketch, 0.25)
  return rounded(Math.abs(at(shadow, 0.5) - at(control, 0.5)) + Math.max(range(shadow), range(control)))
}

const spreadOf = (sketch: Sketch): MeasuredWay['source'] =>
  sketch.length === 0
    ? null
    : {
        samples: sketchCount(sketch),
        p25: rounded(at(sketch, 0.25)),
        p50: rounded(at(sketch, 0.5)),
        p75: rounded(at(sketch, 0.75)),
        p99: rounded(at(sketch, 0.99)),
      }

const at = (sketch: Sketch, q: number): number => 1000 * (quantile(sketch, q) ?? 0)
const rounded = (milliseconds: number): number => Math.round(1000 * milliseconds) / 1000
