/** Text with `code` and **strong** markup. */
export function Words(props: { readonly text: string }) {
  return (
    <>
      {props.text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
        if (part.startsWith("`") && part.length > 2) return <code>{part.slice(1, -1)}</code>;
        if (part.startsWith("**") && part.length > 4) return <strong>{part.slice(2, -2)}</strong>;
        return part;
      })}
    </>
  );
}

/** Paragraphs of such text. */
export function Prose(props: { readonly text: string }) {
  return (
    <>
      {props.text
        .split("\n\n")
        .filter((paragraph) => paragraph !== "")
        .map((paragraph) => (
          <p>
            <Words text={paragraph} />
          </p>
        ))}
    </>
  );
}
