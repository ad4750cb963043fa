import type {
  AnswerModel,
  KindModel,
  OperationModel,
  ParameterModel,
  ReferenceModel,
  SchemaModel,
} from "../../web/docs-model.ts";
import { isObject, type Json, type JsonObject, objectOf, resolved } from "../openapi/json-tree.ts";

/** The contents of /docs, from the document. */
export function referenceModel(document: JsonObject): ReferenceModel {
  const info = objectOf(document["info"]);
  const operations = operationsOf(document);
  const tags = Array.isArray(document["tags"]) ? document["tags"] : [];
  return {
    version: text(info["version"]),
    introduction: text(info["description"]),
    topics: tags.map((tag: Json) => {
      const { name, description } = objectOf(tag);
      return {
        name: text(name),
        description: text(description),
        operations: operations.filter(({ topic }) => topic === name).map(({ model }) => model),
      };
    }),
    schemas: Object.entries(objectOf(objectOf(document["components"])["schemas"])).map(
      ([name, schema]) => schemaModel(name, objectOf(schema)),
    ),
  };
}

function operationsOf(
  document: JsonObject,
): { readonly topic: string; readonly model: OperationModel }[] {
  const referred = (value: Json): JsonObject => {
    const { $ref } = objectOf(value);
    return objectOf(typeof $ref === "string" ? resolved(document, $ref) : value);
  };
  return Object.entries(objectOf(document["paths"])).flatMap(([path, methods]) =>
    Object.entries(objectOf(methods)).map(([method, value]) => {
      const operation = objectOf(value);
      const { parameters, responses, tags } = operation;
      const all = Array.isArray(parameters) ? parameters.map(referred) : [];
      return {
        topic: Array.isArray(tags) ? text(tags[0]) : "",
        model: {
          id: text(operation["operationId"]),
          method: method.toUpperCase(),
          path,
          address: addressOf(path, all),
          summary: text(operation["summary"]),
          description: text(operation["description"]),
          parameters: all.map(parameterModel),
          answers: Object.entries(objectOf(responses)).map(([status, response]) =>
            answerModel(status, referred(response)),
          ),
        },
      };
    }),
  );
}

/** The path and the required query parameters, filled with examples. */
function addressOf(path: string, parameters: readonly JsonObject[]): string {
  const filled = parameters
    .filter((parameter) => parameter["in"] === "path")
    .reduce(
      (address, { name, schema }) => address.replace(`{${text(name)}}`, exampleOf(schema)),
      path,
    );
  const required = parameters
    .filter((one) => one["in"] === "query" && (one["required"] === true || isStricter(one)))
    .map(({ name, schema }) => `${text(name)}=${exampleOf(schema)}`);
  return required.length === 0 ? filled : `${filled}?${required.join("&")}`;
}

function isStricter({ name, schema }: JsonObject): boolean {
  const { default: fallback, example } = objectOf(schema);
  return text(name).startsWith("min_") && Number(fallback) > Number(example);
}

function exampleOf(schema: Json | undefined): string {
  return encodeURIComponent(text(objectOf(schema)["example"]));
}

function parameterModel({
  name,
  description,
  required,
  schema,
  in: place,
}: JsonObject): ParameterModel {
  const fallback = objectOf(schema)["default"];
  return {
    name: text(name),
    kind: kindOf(schema),
    isRequired: required === true,
    fallback: fallback === undefined ? null : text(fallback),
    description: `${place === "header" ? "A header. " : ""}${text(description)}`,
  };
}

function answerModel(status: string, response: JsonObject): AnswerModel {
  return {
    status,
    description: text(response["description"]),
    bodies: Object.entries(objectOf(response["content"])).map(([type, media]) => ({
      type,
      kind: kindOf(objectOf(media)["schema"]),
    })),
  };
}

function schemaModel(name: string, schema: JsonObject): SchemaModel {
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const members = Array.isArray(schema["enum"]) ? schema["enum"] : [];
  return {
    name,
    description: text(schema["description"]),
    members: members.map(text),
    fields: Object.entries(objectOf(schema["properties"])).map(([field, value]) => ({
      name: field,
      kind: kindOf(value),
      isOptional: !required.includes(field),
      description: text(objectOf(value)["description"]),
    })),
  };
}

/** A type in words: "list of Flag", "number or null", "integer from 1 to 5000". */
export function kindOf(schema: Json | undefined): KindModel {
  const { $ref, anyOf, allOf, items, type, enum: members, const: value } = objectOf(schema);
  if (typeof $ref === "string") {
    return { before: "", schema: $ref.slice($ref.lastIndexOf("/") + 1), after: "" };
  }
  if (Array.isArray(allOf))
    return kindOf(allOf.find((one: Json) => isObject(one) && "$ref" in one));
  if (Array.isArray(anyOf)) {
    const others = anyOf.filter((one: Json) => objectOf(one)["type"] !== "null");
    const kind = kindOf(others[0]);
    return others.length < anyOf.length ? { ...kind, after: `${kind.after} or null` } : kind;
  }
  if (type === "array") {
    const kind = kindOf(items);
    return { ...kind, before: `list of ${kind.before}` };
  }
  const only = value ?? (Array.isArray(members) && members.length === 1 ? members[0] : undefined);
  if (only !== undefined) return plain(`"${text(only)}"`);
  const kinds = Array.isArray(type) ? type.map(text).join(" or ") : text(type);
  return plain(`${kinds}${boundsOf(objectOf(schema))}`);
}

function plain(words: string): KindModel {
  return { before: words, schema: null, after: "" };
}

function boundsOf({ minimum, exclusiveMinimum, maximum }: JsonObject): string {
  const from = exclusiveMinimum === undefined ? minimum : exclusiveMinimum;
  const shown = (bound: Json): string =>
    typeof bound === "number" ? bound.toLocaleString("en-US") : text(bound);
  const low =
    from === undefined ? "" : ` ${minimum === undefined ? "above" : "from"} ${shown(from)}`;
  return maximum === undefined ? low : `${low} to ${shown(maximum)}`;
}

/** A value as written in an address. */
export function text(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.map(text).join(",");
  return isObject(value) ? JSON.stringify(value) : String(value);
}
