import type { Field, FieldErrors, FormValues } from './form.ts'

/** What a group of fields needs: the values, what is wrong with them, and how to change them. */
export type FieldProps = Readonly<{
  form: FormValues
  errors: FieldErrors
  set: (change: Partial<FormValues>) => void
  /** The user is done with a field: from now on it says what is wrong with it. */
  leave: (field: Field) => void
}>
