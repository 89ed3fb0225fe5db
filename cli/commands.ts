import type { Commands } from './command.ts'
import { answers } from './commands/answers.ts'
import { deployment } from './commands/deployment.ts'
import { experiments } from './commands/experiments.ts'
import { money } from './commands/money.ts'
import { schedules } from './commands/schedules.ts'

/** Every command once: help and dispatch are derived from it, summaries from the API’s catalogue. */
export const COMMANDS: Commands = { ...experiments, ...answers, ...schedules, ...money, ...deployment }
