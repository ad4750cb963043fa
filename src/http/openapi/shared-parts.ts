import { isObject, type Json, type JsonObject, mapValues, objectOf } from "./json-tree.ts";

/**
 * Moves what operations have in common into components: parameters, headers, examples of problems, responses. With its
 * references resolved the document is unchanged.
 */
export function withSharedParts(document: JsonObject): JsonObject {
  const parameters = new SharedParts("parameters");
  const examples = new SharedParts("examples");
  const headers = new SharedParts("headers");
  const responses = new SharedParts("responses");
  const withParts = (operation: JsonObject, id: string): JsonObject => ({
    ...operation,
    ...(Array.isArray(operation["parameters"]) && {
      parameters: operation["parameters"].map((parameter: Json) =>
        parameters.referTo(parameter, String(objectOf(parameter)["name"]), id),
      ),
    }),
    responses: mapValues(objectOf(operation["responses"]), (response, status) => {
      const slim = slimResponse(objectOf(response), { headers, examples, id });
      return responses.referTo(slim, responseName(objectOf(response), status), id);
    }),
  });
  const rewrite = (): JsonObject =>
    mapValues(objectOf(document["paths"]), (methods) =>
      mapValues(objectOf(methods), (operation) =>
        withParts(objectOf(operation), String(objectOf(operation)["operationId"])),
      ),
    );
  // One pass per kind, innermost first: responses are counted with references to the parts inside them.
  const kinds = [examples, headers, parameters, responses];
  for (const kind of kinds) {
    rewrite();
    for (const other of kinds) other.endCount(other === kind);
  }
  const paths = rewrite();
  const shared = Object.fromEntries(kinds.map((kind) => [kind.kind, kind.components()]));
  return { ...document, paths, components: { ...objectOf(document["components"]), ...shared } };
}

interface Inner {
  readonly headers: SharedParts;
  readonly examples: SharedParts;
  readonly id: string;
}

/** A response with shared headers and examples replaced by references. */
function slimResponse(response: JsonObject, { headers, examples, id }: Inner): JsonObject {
  const refer = (parts: SharedParts) => (value: Json, key: string) => parts.referTo(value, key, id);
  return mapValues(response, (value, key) => {
    if (key === "headers") return mapValues(objectOf(value), refer(headers));
    if (key !== "content") return value;
    return mapValues(objectOf(value), (media) =>
      mapValues(objectOf(media), (part, name) =>
        name === "examples" ? mapValues(objectOf(part), refer(examples)) : part,
      ),
    );
  });
}

/** Problems are named after their codes, other responses after their status. */
function responseName({ content }: JsonObject, status: string): string {
  const { examples } = objectOf(objectOf(content)["application/problem+json"]);
  if (!isObject(examples)) return status === "304" ? "NotModified" : `Status${status}`;
  return Object.keys(examples)
    .map((code) => code.split("_").map(capital).join(""))
    .join("Or");
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Parts of one kind; those used at least twice get a name. */
class SharedParts {
  readonly kind: string;
  readonly #counts = new Map<
    string,
    { count: number; readonly name: string; readonly id: string }
  >();
  readonly #names = new Map<string, string>();

  constructor(kind: string) {
    this.kind = kind;
  }

  /** The part itself, or a reference once it has a name. */
  referTo(part: Json, name: string, id: string): Json {
    if (isObject(part) && "$ref" in part) return part;
    const text = JSON.stringify(part);
    const known = this.#names.get(text);
    if (known !== undefined) return { $ref: `#/components/${this.kind}/${known}` };
    const counted = this.#counts.get(text) ?? { count: 0, name, id };
    counted.count += 1;
    this.#counts.set(text, counted);
    return part;
  }

  /** Ends a pass over the whole document; `isKept`: parts counted twice are named from now on. */
  endCount(isKept: boolean): void {
    if (isKept) {
      const often = [...this.#counts].filter(([, { count }]) => count > 1);
      // The most frequent version gets the plain name, the others are qualified by the first operation that uses them.
      for (const [text, { name, id }] of often.toSorted(([, a], [, b]) => b.count - a.count)) {
        const isTaken = [...this.#names.values()].includes(name);
        this.#names.set(text, isTaken ? `${name}Of${capital(id)}` : name);
      }
    }
    this.#counts.clear();
  }

  components(): JsonObject {
    return Object.fromEntries(
      [...this.#names].map(([text, name]): [string, Json] => [name, JSON.parse(text) as Json]),
    );
  }
}
