import { isObject, type Json, type JsonObject, mapObjects, objectOf } from "./json-tree.ts";

/** The same document in OpenAPI 3.0.3, for tools that do not read 3.1. Takes what `finishedDocument` gives. */
export function asOpenApi30(document: JsonObject): JsonObject {
  const { webhooks: _webhooks, ...rest } = document;
  const { summary: _summary, license, ...info } = objectOf(document["info"]);
  return {
    ...objectOf(mapObjects(rest, olderObject)),
    openapi: "3.0.3",
    info: { ...info, license: { name: objectOf(license)["name"] ?? "" } },
  };
}

/** Keywords that stand in place of a schema alone: an object with one is no map of names. */
function olderObject(object: JsonObject): Json {
  const steps = [
    withoutContent,
    withNullable,
    withEnum,
    withExclusiveBounds,
    withOneExample,
    withBareReference,
  ];
  return steps.reduce((schema, step) => step(schema), object);
}

/** `type: [x, null]` and `anyOf: [x, null]` become `nullable`. */
function withNullable(schema: JsonObject): JsonObject {
  const { type, anyOf, ...rest } = schema;
  if (Array.isArray(type)) {
    const kinds = type.filter((kind: Json) => kind !== "null");
    return { ...schema, type: kinds[0] ?? "string", nullable: kinds.length < type.length };
  }
  if (!Array.isArray(anyOf)) return schema;
  const others = anyOf.filter((one: Json) => objectOf(one)["type"] !== "null");
  if (others.length === anyOf.length) return schema;
  const [only] = others;
  if (others.length > 1 || !isObject(only)) return { nullable: true, anyOf: others, ...rest };
  // A null beside a reference is said around it: nothing may stand beside a reference in 3.0.
  return "$ref" in only
    ? { nullable: true, allOf: [only], ...rest }
    : { ...only, nullable: true, ...rest };
}

/** What the text of a stream holds cannot be said in 3.0 but by an extension. */
function withoutContent(schema: JsonObject): JsonObject {
  const { contentSchema, contentMediaType, ...rest } = schema;
  if (contentSchema === undefined && contentMediaType === undefined) return schema;
  return { ...rest, ...(contentSchema !== undefined && { "x-content-schema": contentSchema }) };
}

function withEnum(schema: JsonObject): JsonObject {
  const { const: value, ...rest } = schema;
  const isSchema = value !== undefined && !isObject(value);
  return isSchema ? { ...rest, enum: [value] } : schema;
}

/** Bounds that exclude their own value are marks beside the bound. */
function withExclusiveBounds(schema: JsonObject): JsonObject {
  const { exclusiveMinimum: above, exclusiveMaximum: below, ...rest } = schema;
  return {
    ...rest,
    ...(above !== undefined &&
      (typeof above === "number"
        ? { minimum: above, exclusiveMinimum: true }
        : { exclusiveMinimum: above })),
    ...(below !== undefined &&
      (typeof below === "number"
        ? { maximum: below, exclusiveMaximum: true }
        : { exclusiveMaximum: below })),
  };
}

/** A schema has one `example`; the `examples` of a media type are a map and stay. */
function withOneExample(schema: JsonObject): JsonObject {
  const { examples, ...rest } = schema;
  if (!Array.isArray(examples)) return schema;
  return { example: examples[0] ?? null, ...rest };
}

/** What stands beside a reference is not read in 3.0. */
function withBareReference(schema: JsonObject): JsonObject {
  const { $ref, ...beside } = schema;
  if (typeof $ref !== "string" || Object.keys(beside).length === 0) return schema;
  return { allOf: [{ $ref }], ...beside };
}
