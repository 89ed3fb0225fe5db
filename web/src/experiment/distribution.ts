import { type Sketch, secondsOf, sketchCount } from '../../../contract/sketch.ts'

type Point = { x: number; y: number }

/** Buckets of a sketch put together: each is 2 % wide, so many make about a third. */
const TOGETHER = 14

/** The share of requests by milliseconds, all sides over the same steps. */
export const distributions = ({
  production,
  shadow,
  control,
}: {
  production: Sketch
  shadow: Sketch
  control: Sketch
}): { production: Point[]; shadow: Point[]; control: Point[] } => {
  const buckets = [production, shadow, control].flatMap((sketch) => sketch.filter((_, i) => i % 2 === 0))
  if (buckets.length === 0) return { production: [], shadow: [], control: [] }
  const first = Math.floor(Math.min(...buckets) / TOGETHER) - 1
  const last = Math.floor(Math.max(...buckets) / TOGETHER) + 1
  const steps = Array.from({ length: last - first + 1 }, (_, i) => first + i)
  const shares = (sketch: Sketch): Point[] => {
    const counts = new Map<number, number>()
    for (let i = 0; i < sketch.length; i += 2) {
      const step = Math.floor((sketch[i] as number) / TOGETHER)
      counts.set(step, (counts.get(step) ?? 0) + (sketch[i + 1] as number))
    }
    const all = Math.max(1, sketchCount(sketch))
    return steps.map((step) => ({
      x: 1000 * secondsOf((step + 0.5) * TOGETHER),
      y: (counts.get(step) ?? 0) / all,
    }))
  }
  return {
    production: shares(production),
    shadow: shares(shadow),
    control: control.length === 0 ? [] : shares(control),
  }
}
