import type { Child } from "hono/jsx";
import type { KindModel } from "../docs-model.ts";

/** A table that scrolls horizontally if it is wider than the page. */
export function DocsTable(props: {
  readonly label: string;
  readonly heads: readonly string[];
  readonly children: Child;
}) {
  return (
    <div class="scroll" role="region" aria-label={props.label} tabindex={0}>
      <table class="docs">
        <thead>
          <tr>
            {props.heads.map((head) => (
              <th scope="col">{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>{props.children}</tbody>
      </table>
    </div>
  );
}

/** The type of a value, with a link to the schema that it names. */
export function Kind(props: { readonly kind: KindModel }) {
  const { before, schema, after } = props.kind;
  return (
    <>
      {before}
      {schema === null ? null : <a href={`#schema-${schema}`}>{schema}</a>}
      {after}
    </>
  );
}
