import { DocsFrame } from "../components/docs-frame.tsx";
import type { TryFieldModel, TryModel, TryOperationModel } from "../docs-model.ts";
import type { PageAssets } from "../layout.tsx";

/**
 * One form per operation. Without JavaScript a form opens its answer; with it the answer is shown below the form.
 */
export function TryPage(props: {
  readonly model: TryModel;
  readonly assets: PageAssets;
  readonly script: string;
}) {
  return (
    <DocsFrame
      title="Try it"
      address="/docs/try"
      description="Send requests to the API and read the answers."
      assets={props.assets}
      script={props.script}
    >
      <p>
        Each form is filled with example values that return results. Empty fields are not sent; the{" "}
        <a href="/docs">reference</a> describes each one.
      </p>
      {props.model.topics.map(({ name, operations }) => (
        <section>
          <h2>{name}</h2>
          {operations.map((operation) => (
            <Operation operation={operation} />
          ))}
        </section>
      ))}
    </DocsFrame>
  );
}

function Operation(props: { readonly operation: TryOperationModel }) {
  const { id, path, summary, fields } = props.operation;
  return (
    <details class="try">
      <summary>
        {summary} <code>{path}</code>
      </summary>
      <form id={id} method="get" action={`/docs/try/${id}`} aria-label={summary}>
        <div class="fields">
          {fields.map((field) => (
            <Field id={`${id}-${field.name}`} field={field} />
          ))}
        </div>
        <p class="buttons">
          <button type="submit">Send</button>
          {fields.length === 0 ? null : (
            <button type="button" class="clear" hidden>
              Clear optional fields
            </button>
          )}
          <a href={`/docs#${id}`}>Reference</a>
        </p>
      </form>
      <div
        class="answer"
        role="region"
        aria-label={`Answer: ${summary}`}
        aria-live="polite"
        hidden
      />
    </details>
  );
}

function Field(props: { readonly id: string; readonly field: TryFieldModel }) {
  const { id, field } = props;
  const { name, kind, fallback, isRequired, example, choices } = field;
  const shared = { id, name, required: isRequired, "aria-describedby": `${id}-hint` };
  return (
    <div class="field">
      <label for={id}>
        <code>{name}</code>
        {isRequired ? " (required)" : ""}
      </label>
      {choices.length === 0 ? (
        <input {...shared} value={example} autocomplete="off" spellcheck={false} />
      ) : (
        <select {...shared}>
          {isRequired ? null : <option value="">not sent</option>}
          {choices.map((choice) => (
            <option value={choice} selected={choice === example}>
              {choice}
            </option>
          ))}
        </select>
      )}
      <small id={`${id}-hint`}>
        {[kind, fallback === null ? "" : `default ${fallback}`].filter(Boolean).join(", ")}
      </small>
    </div>
  );
}
