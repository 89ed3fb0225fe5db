import * as z from 'zod'

/** Query strings are text: a page size arrives as digits. */
export const Page = {
  maxResults: z.coerce.number().int().min(1).max(200).default(50),
  nextToken: z.string().min(1).max(2048).exactOptional(),
}
export const nextToken = z.string().nullable().describe('pass it to get the next page; null on the last')
