/**
 * Sources one gateway task is given. Each ENI is at most 128 flows of the load balancer, and a task of one vCPU forwards
 * some thousand requests a second; until a fleet’s own measurements are known, this is kept low.
 */
const SOURCES_PER_TASK = 20

/** Gateway tasks for so many mirrored ENIs; none without a source. */
export const gatewaysFor = (sources: number): number => Math.ceil(sources / SOURCES_PER_TASK)
