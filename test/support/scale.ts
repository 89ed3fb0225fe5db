/** How many times as many cases the properties and fuzzers run: 1 in `npm test`, more in `npm run proof`. */
export const SCALE = Number(process.env.SHADOWMETER_PROOF_SCALE ?? 1)

/** A run of `npm run proof`: what is sampled otherwise is taken whole. */
export const IS_PROOF = SCALE > 1
