import { checkEnum, invalid, type Members, missing, type Shape, unknownMember } from './shape.ts'

/** A JSON request body against its shape. Times are seconds since 1970, as in AWS's JSON protocols. */
export function decodeJson(members: Members, body: unknown): unknown {
  return structureOf(members, body, '')
}

/**
 * The input of a universal target: AWS documents the names of the SDK for Java, which all start with a capital letter,
 * also where the service's own API spells them with a small one (ECS).
 */
export function decodeCapitalised(members: Members, body: unknown): unknown {
  return structureOf(members, recased(members, body), '')
}

function structureOf(members: Members, body: unknown, path: string): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid(path || 'body', JSON.stringify(body), 'Expecting an object')
  }
  const given = body as Record<string, unknown>
  const result: Record<string, unknown> = {}
  for (const [name, shape] of Object.entries(members)) {
    const value = given[name]
    if (value !== undefined && value !== null) result[name] = readValue(shape, value, path + name)
    else if (shape.required) throw missing(path + name)
  }
  for (const name of Object.keys(given)) if (!Object.hasOwn(members, name)) throw unknownMember(path + name)
  return result
}

function readValue({ kind }: Shape, value: unknown, path: string): unknown {
  switch (kind.is) {
    case 'structure':
      return structureOf(kind.members, value, `${path}.`)
    case 'list':
      if (!Array.isArray(value)) throw invalid(path, value, 'Expecting a list')
      return value.map((item, index) => readValue(kind.item, item, `${path}.${index + 1}`))
    case 'map':
      if (typeof value !== 'object' || value === null) throw invalid(path, value, 'Expecting an object')
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, readValue(kind.value, item, `${path}.${key}`)]),
      )
    case 'integer':
      if (!Number.isInteger(value)) throw invalid(path, value, 'Expecting an integer')
      return value
    case 'double':
      if (typeof value !== 'number') throw invalid(path, value, 'Expecting a number')
      return value
    case 'boolean':
      if (typeof value !== 'boolean') throw invalid(path, value, 'Expecting true or false')
      return value
    case 'timestamp': {
      const time = typeof value === 'number' ? value * 1000 : Date.parse(String(value))
      if (!Number.isFinite(time)) throw invalid(path, value, 'Expecting a time')
      return time
    }
    case 'string':
      if (typeof value !== 'string') throw invalid(path, value, 'Expecting a string')
      return checkEnum(kind, value, path)
  }
}

function recased(members: Members, body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const spelled = new Map(
    Object.keys(members).map((name) => [name.charAt(0).toUpperCase() + name.slice(1), name]),
  )
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => {
      const name = spelled.get(key)
      if (name === undefined) throw unknownMember(key)
      return [name, recasedValue(members[name], value)]
    }),
  )
}

function recasedValue(shape: Shape | undefined, value: unknown): unknown {
  if (shape?.kind.is === 'structure') return recased(shape.kind.members, value)
  if (shape?.kind.is === 'list' && Array.isArray(value)) {
    const { item } = shape.kind
    return value.map((one) => recasedValue(item, one))
  }
  return value
}
