/** Where a system on this machine leaves the token that changes need: readable by its user alone, gone when it stops. */
export const localTokenFile = (home: string, port: number): string => `${home}/.shadowmeter/token-${port}`
