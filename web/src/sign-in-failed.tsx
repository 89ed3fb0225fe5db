/** In place of the console: the provider has refused, or its answer was not one to our question. */
export const SignInFailed = ({ reason }: { reason: unknown }) => (
  <main>
    <h1>You are not signed in</h1>
    <p role="alert">{reason instanceof Error ? reason.message : String(reason)}</p>
    <p>
      <a href="/">Try again</a>
    </p>
  </main>
)
