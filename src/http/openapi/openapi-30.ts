import { isObject, type Json, type JsonObject, mapObjects, objectOf } from "./json-tree.ts";

/** The same document as OpenAPI 3.0.3, for tools that do not support 3.1. Expects the output of `finishedDocument`. */
export function asOpenApi30(document: JsonObject): JsonObject {
  const { webhooks: _webhooks, ...rest } = document;
  const { summary: _summary, license, ...info } = objectOf(document["info"]);
  return {
    ...objectOf(mapObjects(rest, convertObject)),
    openapi: "3.0.3",
    info: { ...info, license: { name: objectOf(license)["name"] ?? "" } },
  };
}

/** Converts one object; its members are converted already. */
function convertObject(object: JsonObject): Json {
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
  // 3.0 ignores siblings of a reference, so nullability is expressed around it.
  return "$ref" in only
    ? { nullable: true, allOf: [only], ...rest }
    : { ...only, nullable: true, ...rest };
}

/** 3.0 can describe the content of an event stream only by an extension. */
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

/** Exclusive bounds are boolean modifiers of the bound. */
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

/** A schema has a single `example`; the `examples` of a media type are a map and remain. */
function withOneExample(schema: JsonObject): JsonObject {
  const { examples, ...rest } = schema;
  if (!Array.isArray(examples)) return schema;
  return { example: examples[0] ?? null, ...rest };
}

/** 3.0 ignores siblings of a reference. */
function withBareReference(schema: JsonObject): JsonObject {
  const { $ref, ...siblings } = schema;
  if (typeof $ref !== "string" || Object.keys(siblings).length === 0) return schema;
  return { allOf: [{ $ref }], ...siblings };
}
