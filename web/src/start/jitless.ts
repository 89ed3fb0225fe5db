import * as z from 'zod'

// Imported before any schema: compiled schemas need eval, which the page’s content security policy forbids.
z.config({ jitless: true })
