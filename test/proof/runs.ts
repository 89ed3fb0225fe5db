/** One long run: tests that `npm test` runs in small. */
export type ProofRun = {
  name: string
  /** What stands when it passes, for the summary. */
  proves: string
  /** Of vitest; `unit` when left out. */
  project?: 'e2e'
  /** Test files, as `npm test` has them. */
  files: readonly string[]
  /** How many times the cases of `npm test`: what the tests read as SCALE, and above 1 as IS_PROOF. */
  scale: number
}

export const PROOF_RUNS: readonly ProofRun[] = [
  {
    name: 'crash',
    proves:
      'killed before or after any AWS call or write of a life with a ramp and changing sources, an experiment ends and leaves nothing; under each value of each switch at every 24th, between them at all',
    files: ['test/functions/reconcile/crash.test.ts'],
    scale: 2,
  },
  {
    name: 'month',
    proves:
      'a month of 200 experiments and 2,000 interfaces: ledgers are what the endpoints logged, no budget is passed',
    files: ['test/functions/reconcile/month.test.ts'],
    scale: 2,
  },
  {
    name: 'money',
    proves: 'money is right under each value of each switch for what AWS does not say',
    files: ['test/functions/reconcile/money-switches.test.ts'],
    scale: 2,
  },
  {
    name: 'abandoned',
    proves:
      'with its control plane dead for good at any point, or two at once at every 23rd, packets stop at the lease, nothing recorded outlives its schedules, and the bill stays within the budget and the stated rest; under each value of each switch at every 47th',
    files: ['test/functions/reconcile/abandoned.test.ts'],
    scale: 2,
  },
  {
    name: 'fleet',
    proves:
      'whatever load, deaths and second lookers do, gateways are replaced once, announced, and within bounds; overloaded ones are shared',
    files: [
      'test/data-plane/select/fair-share.property.test.ts',
      'test/functions/experiments/fleet.property.test.ts',
      'test/functions/mirror/write-pace.property.test.ts',
    ],
    scale: 33,
  },
  {
    name: 'plan',
    proves:
      'from any state, with clocks that jump, deliveries lost and twice, limits and deaths at once, the plan converges and keeps within time and money',
    files: [
      'test/functions/experiments/plan.property.test.ts',
      'test/functions/experiments/plan-trouble.property.test.ts',
    ],
    scale: 33,
  },
  {
    name: 'streams',
    proves:
      'nothing is made up, and what arrived whole is given out, under loss, reordering, duplicates, cuts and joins',
    files: [
      'test/data-plane/http/reassembly.property.test.ts',
      'test/data-plane/http/client-half.property.test.ts',
      'test/data-plane/http/flow.property.test.ts',
      'test/data-plane/http/http2.property.test.ts',
      'test/data-plane/http/node-parser.property.test.ts',
      'test/data-plane/tcp/twins.test.ts',
    ],
    scale: 20,
  },
  {
    name: 'fuzz',
    proves:
      'a million mutated datagrams and a million mutated streams: no exception, no leak, every count adds up',
    files: ['test/data-plane/pipeline.fuzz.test.ts'],
    scale: 500,
  },
  {
    name: 'paths',
    proves: 'a million distinct paths of hostile clients are compared within 32 MiB',
    files: ['test/data-plane/compare/comparer.test.ts'],
    scale: 50,
  },
  {
    name: 'verdict',
    proves:
      'verdicts are wrong as rarely as they say, at every look, with nothing changed and at each threshold',
    files: ['test/functions/experiments/statistics.test.ts', 'test/functions/experiments/drift.test.ts'],
    scale: 10,
  },
  {
    name: 'demo',
    proves:
      'twenty seeds of the demo: each release gets the verdict it deserves, on fresh data and on data an hour old',
    project: 'e2e',
    files: ['test/e2e/demo.e2e.test.ts'],
    scale: 20,
  },
  {
    name: 'cli',
    proves: 'the AWS CLI is given what AWS documents, errors included, for all that the control plane asks',
    project: 'e2e',
    files: ['test/e2e/aws-cli.e2e.test.ts'],
    scale: 2,
  },
  {
    name: 'container',
    proves: 'the image is the same, byte for byte, when it is built again without what was kept',
    project: 'e2e',
    files: ['test/e2e/container.e2e.test.ts'],
    scale: 2,
  },
]
