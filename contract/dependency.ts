/** What a shadow may share with production, or do to the world, when it answers a copied request. */
export const DEPENDENCIES = ['database', 'cache', 'queue', 'mail', 'payment', 'webhooks'] as const
export type DependencyName = (typeof DEPENDENCIES)[number]

export const DEPENDENCY_ANSWERS = ['own', 'stub', 'none'] as const
export type Dependency = (typeof DEPENDENCY_ANSWERS)[number]

/** For people: database, cache: own; mail: stub; queue, payment, webhooks: none. */
export const dependencyWords = (declared: Readonly<Record<DependencyName, Dependency>>): string =>
  DEPENDENCY_ANSWERS.flatMap((answer) => {
    const names = DEPENDENCIES.filter((name) => declared[name] === answer)
    return names.length === 0 ? [] : [`${names.join(', ')}: ${answer}`]
  }).join('; ')
