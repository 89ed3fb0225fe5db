export const Sentences = ({ of }: { of: readonly string[] }) => (
  <ul className="facts">
    {of.map((sentence) => (
      <li key={sentence}>{sentence}</li>
    ))}
  </ul>
)
