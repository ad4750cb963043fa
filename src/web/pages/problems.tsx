import { DocsFrame } from "../components/docs-frame.tsx";
import { Words } from "../components/prose.tsx";
import type { ProblemModel } from "../docs-model.ts";
import type { PageAssets } from "../layout.tsx";

/** Every problem that a request can cause: the page that the `type` of a problem links to. */
export function ProblemsPage(props: {
  readonly problems: readonly ProblemModel[];
  readonly assets: PageAssets;
}) {
  return (
    <DocsFrame
      title="Problems"
      address="/docs/problems"
      description="What each failure of the API means and what to do about it."
      assets={props.assets}
    >
      <p>
        A failed request returns <code>application/problem+json</code> (RFC 9457). Programs read{" "}
        <code>code</code>; <code>detail</code> is for people and may be reworded.
      </p>
      {props.problems.map(({ code, status, title, meaning, cure, example }) => (
        <section class="operation">
          <h2 id={code}>
            <code>{code}</code> <small>{status}</small>
          </h2>
          <p>{title}.</p>
          <p>
            <Words text={meaning} />
          </p>
          <p>
            <strong>What to do:</strong> <Words text={cure} />
          </p>
          <pre tabindex={0} role="region" aria-label={`Example of ${code}`}>
            <code>{example}</code>
          </pre>
        </section>
      ))}
    </DocsFrame>
  );
}
