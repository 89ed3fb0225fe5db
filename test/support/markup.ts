import type { Comparison } from '../../contract/comparison.ts'

/** The API’s answer with markup wherever something out of the traffic stands in it. */
export const withMarkup = (comparison: Comparison, markup: string): Comparison => ({
  ...comparison,
  endpoints: comparison.endpoints.map((endpoint) => ({
    ...endpoint,
    endpoint: `${endpoint.endpoint} ${markup}`,
    differences: endpoint.differences.map((difference) => ({
      ...difference,
      path: `${difference.path} ${markup}`,
    })),
  })),
  samples: comparison.samples.map((sample) => ({
    ...sample,
    endpoint: `${sample.endpoint} ${markup}`,
    path: `${sample.path} ${markup}`,
    requestId: markup,
    client: markup,
    request: { method: 'POST', target: `/${markup}`, headers: ['X-Planted', markup], body: markup },
    production: { ...sample.production, server: markup, body: markup },
    shadow: { ...sample.shadow, body: JSON.stringify({ note: markup }) },
  })),
})
