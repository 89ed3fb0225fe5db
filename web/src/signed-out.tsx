/** In place of the console, after its user has left. */
export const SignedOut = () => (
  <main>
    <h1>You are signed out</h1>
    <p>
      <a href="/">Sign in</a>
    </p>
  </main>
)
