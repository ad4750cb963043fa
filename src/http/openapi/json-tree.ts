/** A document as a JSON tree, for the passes that rewrite it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value if it is an object, else an empty one. */
export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** The JSON tree of a value; undefined fields are dropped. Throws if it is not an object. */
export function treeOf(value: object): JsonObject {
  const tree = JSON.parse(JSON.stringify(value)) as Json;
  if (!isObject(tree)) throw new Error("assertion failed: a document is an object");
  return tree;
}

/** Returns the object with each of its values mapped. */
export function mapValues(
  object: JsonObject,
  change: (value: Json, key: string) => Json,
): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, change(value, key)]),
  );
}

/** Keywords whose values are instances, not schemas: these are left unchanged. */
const INSTANCE_KEYWORDS = new Set(["example", "examples", "default", "enum", "const"]);

/** Returns the tree with each object mapped, innermost first. Instances are left unchanged. */
export function mapObjects(tree: Json, change: (object: JsonObject) => Json): Json {
  if (Array.isArray(tree)) return tree.map((value) => mapObjects(value, change));
  if (!isObject(tree)) return tree;
  return change(
    mapValues(tree, (value, key) =>
      INSTANCE_KEYWORDS.has(key) ? value : mapObjects(value, change),
    ),
  );
}

/** Resolves a reference into `document`. Throws if it points to nothing. */
export function resolved(document: JsonObject, ref: string): Json {
  const keys = ref.replace(/^#\//, "").split("/");
  return keys.reduce<Json>((value, key) => {
    const found = objectOf(value)[key.replaceAll("~1", "/").replaceAll("~0", "~")];
    if (found === undefined) throw new Error(`assertion failed: nothing is at ${ref}`);
    return found;
  }, document);
}
