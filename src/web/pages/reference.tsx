import { DocsFrame } from "../components/docs-frame.tsx";
import { DocsTable, Kind } from "../components/docs-table.tsx";
import { Prose, Words } from "../components/prose.tsx";
import type {
  AnswerModel,
  OperationModel,
  ParameterModel,
  ReferenceModel,
  SchemaModel,
} from "../docs-model.ts";
import type { PageAssets } from "../layout.tsx";

/** The API reference, generated from the OpenAPI document; works without JavaScript. */
export function ReferencePage(props: {
  readonly model: ReferenceModel;
  readonly assets: PageAssets;
}) {
  const { version, introduction, topics, schemas } = props.model;
  return (
    <DocsFrame
      title="API reference"
      address="/docs"
      description="Every endpoint of the API, its parameters and responses."
      assets={props.assets}
    >
      <Prose text={introduction} />
      <p>API version {version}.</p>
      <nav class="contents" aria-label="Contents">
        {topics.map((topic) => (
          <section>
            <h2 class="small">{topic.name}</h2>
            <ul>
              {topic.operations.map(({ id, summary }) => (
                <li>
                  <a href={`#${id}`}>{summary}</a>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </nav>
      {topics.map((topic) => (
        <section>
          <h2 id={`topic-${topic.name}`}>{topic.name}</h2>
          <Prose text={topic.description} />
          {topic.operations.map((operation) => (
            <Operation operation={operation} />
          ))}
        </section>
      ))}
      <h2 id="schemas">Schemas</h2>
      {schemas.map((schema) => (
        <Schema schema={schema} />
      ))}
    </DocsFrame>
  );
}

function Operation(props: { readonly operation: OperationModel }) {
  const { id, method, path, address, summary, description, parameters, answers } = props.operation;
  return (
    <section class="operation">
      <h3 id={id}>{summary}</h3>
      <p class="address">
        <strong>{method}</strong> <a href={address}>{path}</a> ·{" "}
        <a href={`/docs/try#${id}`}>Try it</a>
      </p>
      <Prose text={description} />
      {parameters.length === 0 ? (
        <p>It takes no parameters.</p>
      ) : (
        <DocsTable
          label={`Parameters of ${id}`}
          heads={["Parameter", "Kind", "Default", "What it does"]}
        >
          {parameters.map((parameter) => (
            <Parameter parameter={parameter} />
          ))}
        </DocsTable>
      )}
      <DocsTable label={`Answers of ${id}`} heads={["Status", "What", "Body"]}>
        {answers.map((answer) => (
          <AnswerRow answer={answer} />
        ))}
      </DocsTable>
    </section>
  );
}

function Parameter(props: { readonly parameter: ParameterModel }) {
  const { name, kind, isRequired, fallback, description } = props.parameter;
  return (
    <tr>
      <th scope="row">
        <code>{name}</code>
        {isRequired ? <small>required</small> : null}
      </th>
      <td class="kind">
        <Kind kind={kind} />
      </td>
      <td>{fallback === null ? "" : <code>{fallback}</code>}</td>
      <td class="wide">
        <Words text={description} />
      </td>
    </tr>
  );
}

function AnswerRow(props: { readonly answer: AnswerModel }) {
  const { status, description, bodies } = props.answer;
  return (
    <tr>
      <th scope="row">{status}</th>
      <td class="wide">
        <Words text={description} />
      </td>
      <td>
        {bodies.map(({ type, kind }) => (
          <div>
            <code>{type}</code> <Kind kind={kind} />
          </div>
        ))}
      </td>
    </tr>
  );
}

function Schema(props: { readonly schema: SchemaModel }) {
  const { name, description, members, fields } = props.schema;
  return (
    <section class="operation">
      <h3 id={`schema-${name}`}>{name}</h3>
      <Prose text={description} />
      {members.length === 0 ? null : (
        <p>
          {members.map((member) => (
            <>
              <code>{member}</code>{" "}
            </>
          ))}
        </p>
      )}
      {fields.length === 0 ? null : (
        <DocsTable label={`Fields of ${name}`} heads={["Field", "Kind", "What it is"]}>
          {fields.map((field) => (
            <tr>
              <th scope="row">
                <code>{field.name}</code>
                {field.isOptional ? <small>may be absent</small> : null}
              </th>
              <td class="kind">
                <Kind kind={field.kind} />
              </td>
              <td class="wide">
                <Words text={field.description} />
              </td>
            </tr>
          ))}
        </DocsTable>
      )}
    </section>
  );
}
