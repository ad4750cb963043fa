/** A document as what it is written down as, for the passes that rewrite it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object where one is expected; an empty one where there is none. */
export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** What would be written down of a value: fields without a value are gone. Throws where it is no object. */
export function treeOf(value: object): JsonObject {
  const tree = JSON.parse(JSON.stringify(value)) as Json;
  if (!isObject(tree)) throw new Error("assertion failed: a document is an object");
  return tree;
}

/** The same object with each of its values replaced. */
export function mapValues(
  object: JsonObject,
  change: (value: Json, key: string) => Json,
): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, change(value, key)]),
  );
}

/** Keywords of a schema under which instances stand, not schemas: nothing in them is rewritten. */
const INSTANCE_KEYWORDS = new Set(["example", "examples", "default", "enum", "const"]);

/** The same tree with each object in it replaced, those inside before those around them. Instances stay as they are. */
export function mapObjects(tree: Json, change: (object: JsonObject) => Json): Json {
  if (Array.isArray(tree)) return tree.map((value) => mapObjects(value, change));
  if (!isObject(tree)) return tree;
  return change(
    mapValues(tree, (value, key) =>
      INSTANCE_KEYWORDS.has(key) ? value : mapObjects(value, change),
    ),
  );
}

/** What a reference into `document` stands for. Throws where nothing is. */
export function resolved(document: JsonObject, ref: string): Json {
  const keys = ref.replace(/^#\//, "").split("/");
  return keys.reduce<Json>((value, key) => {
    const found = objectOf(value)[key.replaceAll("~1", "/").replaceAll("~0", "~")];
    if (found === undefined) throw new Error(`assertion failed: nothing is at ${ref}`);
    return found;
  }, document);
}
