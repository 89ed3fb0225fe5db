import { AwsError } from '../aws-error.ts'

/** Periods shorter than a minute that high-resolution metrics allow. */
const SHORT_PERIODS = [1, 5, 10, 20, 30]

/** `period` in seconds, times in milliseconds. */
export function checkPeriod(period: number, start: number, end: number): void {
  if (!SHORT_PERIODS.includes(period) && (period < 60 || period % 60 !== 0)) {
    throw new AwsError(
      'InvalidParameterValue',
      'The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.',
    )
  }
  if (start >= end) {
    throw new AwsError(
      'InvalidParameterCombination',
      'The parameter StartTime must be less than the parameter EndTime.',
    )
  }
}
