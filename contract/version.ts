/** Of Shadowmeter: that of package.json, for what runs without it. */
export const VERSION = '0.1.0'
