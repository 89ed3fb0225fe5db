/** Where AWS sends mirrored packets; no other port works. */
export const VXLAN = 4789
/** Health checks and metrics of a gateway. */
export const HEALTH = 8080
/** Gateway tasks ask each other, over UDP, which requests they have seen. */
export const NEIGHBOURS = 8081
