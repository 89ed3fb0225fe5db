import { expect, test } from 'vitest'
import { type Visit, violations } from '../../support/console-page.ts'

/** Whether everybody can read it. */
export const accessibility = (visit: Visit): void => {
  test('has no serious accessibility violation, in light and in dark', async () => {
    const { page, system } = visit
    const address = page.url()
    const serious: string[] = []
    for (const [hash, landmark] of [
      ['#/experiments', 'Start an experiment'],
      [new URL(address).hash, 'Stop'],
      ['#/start', 'Cancel'],
    ] as const) {
      await page.goto(`${system.console}${hash}`)
      await page
        .getByRole('link', { name: landmark })
        .or(page.getByRole('button', { name: landmark }))
        .first()
        .waitFor()
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        // what is dark differs in its colours only
        for (const violation of await violations(
          page,
          colorScheme === 'dark' ? ['color-contrast'] : undefined,
        ))
          serious.push(`${hash} in ${colorScheme}: ${violation}`)
      }
    }
    await page.emulateMedia({ colorScheme: 'light' })
    await page.goto(address)
    expect(serious).toEqual([])
  })
}
