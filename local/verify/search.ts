type Test = (value: number) => Promise<boolean>

/** The highest value from 1 to `most` that passes, looked for around the likely one. 0 when 1 does not. */
export const highest = async (
  passes: Test,
  { likely, most }: { likely: number; most: number },
): Promise<number> => {
  let [good, bad] = [0, most + 1]
  const look = async (value: number) => {
    if (await passes(value)) good = value
    else bad = value
  }
  await look(likely)
  if (good === likely && likely < most) await look(likely + 1)
  while (bad - good > 1) await look(good + Math.floor((bad - good) / 2))
  return good
}

/** The lowest value from `least` to `most` that passes, which `most` is known to do. */
export const lowest = async (passes: Test, { least, most }: { least: number; most: number }) =>
  most +
  1 -
  (await highest((value) => passes(most + 1 - value), { likely: most + 1 - least, most: most + 1 - least }))
