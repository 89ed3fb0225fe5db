import * as z from 'zod'
import { operation } from '../operation.ts'
import { Role } from '../role.ts'

export const getCaller = operation({
  id: 'getCaller',
  route: 'GET /caller',
  summary: 'Say who the API takes you for, and what you may do',
  params: z.strictObject({}),
  query: z.strictObject({}),
  body: z.undefined(),
  result: z.strictObject({
    who: z.string().describe('as the audit trail names it'),
    roles: z.array(Role),
  }),
  status: 200,
  idempotent: false,
})
