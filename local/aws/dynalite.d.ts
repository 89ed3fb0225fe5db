declare module 'dynalite' {
  import type { Server } from 'node:http'

  /** DynamoDB's wire protocol over LevelDB; `path` is a folder, without it everything is in memory. */
  export default function dynalite(options: {
    path?: string
    createTableMs?: number
    deleteTableMs?: number
    updateTableMs?: number
  }): Server
}
