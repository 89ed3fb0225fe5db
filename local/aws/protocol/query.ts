import { checkEnum, invalid, type Members, missing, type Shape, unknownMember } from './shape.ts'

/**
 * Requests in AWS's query protocols: `Filter.1.Value.2=x`. EC2 numbers lists directly, the others put `member` in
 * between unless the list is flattened, which `wire` says for them.
 */
export type QueryDialect = 'ec2' | 'aws'

type Node = { value: string | undefined; children: Map<string, Node> }

/** These belong to the protocol, not to the action. */
const ENVELOPE = new Set(['Action', 'Version'])

export function decodeQuery(
  members: Members,
  parameters: Iterable<[string, string]>,
  dialect: QueryDialect,
): unknown {
  const root: Node = { value: undefined, children: new Map() }
  for (const [name, value] of parameters) {
    if (!ENVELOPE.has(name) && !name.startsWith('X-Amz-')) plant(root, name, value)
  }
  return structureOf(members, root, '', dialect)
}

function plant(root: Node, name: string, value: string): void {
  let node = root
  for (const part of name.split('.')) {
    let child = node.children.get(part)
    if (!child) {
      child = { value: undefined, children: new Map() }
      node.children.set(part, child)
    }
    node = child
  }
  node.value = value
}

function structureOf(members: Members, node: Node, path: string, dialect: QueryDialect): unknown {
  const taken = new Set<string>()
  const result: Record<string, unknown> = {}
  for (const [name, shape] of Object.entries(members)) {
    const { kind } = shape
    const wire = ((kind.is === 'list' || kind.is === 'map') && kind.wire) || name
    const child = node.children.get(wire)
    taken.add(wire)
    if (child) result[name] = readValue(shape, child, path + wire, dialect)
    else if (shape.required) throw missing(path + name)
  }
  for (const name of node.children.keys()) if (!taken.has(name)) throw unknownMember(path + name)
  return result
}

function readValue(shape: Shape, node: Node, path: string, dialect: QueryDialect): unknown {
  const { kind } = shape
  if (kind.is === 'structure') return structureOf(kind.members, node, `${path}.`, dialect)
  if (kind.is === 'list') {
    return numbered(node, path, dialect === 'aws' && kind.wire === undefined).map(([index, item]) =>
      readValue(kind.item, item, `${path}.${index}`, dialect),
    )
  }
  if (kind.is === 'map') {
    return Object.fromEntries(
      numbered(node, path, false).map(([index, entry]) => {
        const key = entry.children.get('Name')?.value
        const value = entry.children.get('Value')
        if (key === undefined || !value) throw missing(`${path}.${index}.Name`)
        return [key, readValue(kind.value, value, `${path}.${index}.Value`, dialect)]
      }),
    )
  }
  if (node.value === undefined) throw unknownMember(`${path}.${[...node.children.keys()][0] ?? ''}`)
  return scalarOf(shape, node.value, path)
}

function numbered(node: Node, path: string, withMember: boolean): [number, Node][] {
  // An empty list is sent as `Name=`.
  if (node.value === '' && node.children.size === 0) return []
  const parent = withMember ? node.children.get('member') : node
  if (!parent) throw unknownMember(path)
  return [...parent.children]
    .map(([key, child]): [number, Node] => {
      if (!/^\d+$/.test(key)) throw unknownMember(`${path}.${key}`)
      return [Number(key), child]
    })
    .sort(([a], [b]) => a - b)
}

function scalarOf(shape: Shape, text: string, path: string): unknown {
  const { kind } = shape
  switch (kind.is) {
    case 'integer':
      if (!/^[+-]?\d{1,15}$/.test(text)) throw invalid(path, text, 'Expecting an integer')
      return Number(text)
    case 'double':
      if (text.trim() === '' || !Number.isFinite(Number(text)))
        throw invalid(path, text, 'Expecting a number')
      return Number(text)
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw invalid(path, text, 'Expecting true or false')
      return text === 'true'
    case 'timestamp': {
      const time = Date.parse(text)
      if (Number.isNaN(time)) throw invalid(path, text, 'Expecting an ISO 8601 time')
      return time
    }
    case 'string':
      return checkEnum(kind, text, path)
    default:
      return text
  }
}
