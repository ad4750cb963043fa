import type { TryFieldModel, TryModel } from "../../web/docs-model.ts";
import { type Json, type JsonObject, objectOf, resolved } from "../openapi/json-tree.ts";
import { kindOf, text } from "./reference-model.ts";

/** An operation as its form sends it. */
export interface TriedOperation {
  readonly path: string;
  /** Names of its path parameters. */
  readonly pathNames: readonly string[];
}

/** The forms of /docs/try: each operation with a field for each parameter, filled with its example. */
export function tryModel(document: JsonObject): TryModel {
  const tags = Array.isArray(document["tags"]) ? document["tags"] : [];
  const all = Object.entries(objectOf(document["paths"])).map(([path, methods]) => {
    const operation = objectOf(objectOf(methods)["get"]);
    return { path, operation, parameters: parametersOf(document, operation) };
  });
  return {
    topics: tags.map((tag: Json) => {
      const name = text(objectOf(tag)["name"]);
      const operations = all.filter(({ operation: { tags: of } }) => text(of) === name);
      return {
        name,
        operations: operations.map(({ path, operation, parameters }) => ({
          id: text(operation["operationId"]),
          path,
          summary: text(operation["summary"]),
          fields: parameters.map((parameter) => fieldModel(document, parameter)),
        })),
      };
    }),
  };
}

/** The operations of the document by their ids. */
export function triedOperations(document: JsonObject): ReadonlyMap<string, TriedOperation> {
  const operations = Object.entries(objectOf(document["paths"])).map(([path, methods]) => {
    const operation = objectOf(objectOf(methods)["get"]);
    const inPath = parametersOf(document, operation).filter((one) => one["in"] === "path");
    const pathNames = inPath.map(({ name }) => text(name));
    return [text(operation["operationId"]), { path, pathNames }] as const;
  });
  return new Map(operations);
}

/**
 * The address that a form requests. Empty fields are omitted, since the API accepts no empty values; path parameters
 * are removed from the query.
 */
export function triedAddress({ path, pathNames }: TriedOperation, fields: URLSearchParams): string {
  const filled = pathNames.reduce(
    (address, name) => address.replace(`{${name}}`, encodeURIComponent(fields.get(name) ?? "")),
    path,
  );
  const query = [...fields]
    .filter(([name, value]) => value !== "" && !pathNames.includes(name))
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return query.length === 0 ? filled : `${filled}?${query.join("&")}`;
}

/** The parameters of path and query: a form sends no headers. */
function parametersOf(document: JsonObject, { parameters }: JsonObject): readonly JsonObject[] {
  const all = Array.isArray(parameters) ? parameters : [];
  return all
    .map((parameter: Json) => {
      const { $ref } = objectOf(parameter);
      return objectOf(typeof $ref === "string" ? resolved(document, $ref) : parameter);
    })
    .filter((parameter) => parameter["in"] !== "header");
}

function fieldModel(document: JsonObject, parameter: JsonObject): TryFieldModel {
  const { name, required, schema } = parameter;
  const { example, default: fallback, type } = objectOf(schema);
  const { before, schema: named, after } = kindOf(schema);
  const choices = type === "array" ? [] : membersOf(document, objectOf(schema));
  return {
    name: text(name),
    // The name of a set is unnecessary where its members can be selected.
    kind: choices.length > 0 ? "" : `${before}${named ?? ""}${after}`,
    fallback: fallback === undefined ? null : text(fallback),
    isRequired: required === true,
    example: text(example),
    choices,
  };
}

/** The members of a closed set, empty for any other schema. */
function membersOf(document: JsonObject, schema: JsonObject): readonly string[] {
  const { $ref, allOf, enum: members } = schema;
  if (typeof $ref === "string") return membersOf(document, objectOf(resolved(document, $ref)));
  if (Array.isArray(allOf)) return allOf.flatMap((one: Json) => membersOf(document, objectOf(one)));
  return Array.isArray(members) ? members.map(text) : [];
}
