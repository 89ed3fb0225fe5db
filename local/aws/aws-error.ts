/** An error as AWS answers it: the code is what callers match on. */
export class AwsError extends Error {
  readonly code: string
  /** HTTP status; below 500 the caller is at fault. */
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.name = 'AwsError'
    this.code = code
    this.status = status
  }
}
