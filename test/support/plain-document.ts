import { OPENAPI_FILE } from "../../scripts/write-openapi.ts";
import {
  isObject,
  type Json,
  type JsonObject,
  mapValues,
  objectOf,
  resolved,
  treeOf,
} from "../../src/http/openapi/json-tree.ts";

/** References that are followed; those to schemas of bodies stay, as bodies are checked through them. */
const OF_PARTS = /^#\/components\/(parameters|headers|responses|examples)\//;

/**
 * A document with the shared parts of its operations inlined: complete parameters, and answers except their schemas.
 */
export function writtenOut(document: JsonObject): JsonObject {
  const follow = (value: Json, isFollowed: (ref: string) => boolean): Json => {
    if (Array.isArray(value)) return value.map((one) => follow(one, isFollowed));
    if (!isObject(value)) return value;
    const { $ref, ...siblings } = value;
    if (typeof $ref !== "string" || !isFollowed($ref))
      return mapValues(value, (one) => follow(one, isFollowed));
    const part = follow(resolved(document, $ref), isFollowed);
    return { ...objectOf(part), ...mapValues(siblings, (one) => follow(one, isFollowed)) };
  };
  const paths = mapValues(objectOf(document["paths"]), (methods) =>
    mapValues(objectOf(methods), (operation) =>
      mapValues(objectOf(operation), (value, key) =>
        follow(value, (ref) => key === "parameters" || OF_PARTS.test(ref)),
      ),
    ),
  );
  return { ...document, paths };
}

/**
 * The served document, inlined. Read from the file that it is generated into, which a test compares with what is served:
 * building it takes half a second.
 */
export async function plainDocument(): Promise<string> {
  return plainText(await Bun.file(OPENAPI_FILE).text());
}

/** The same of the text of any document. */
export function plainText(document: string): string {
  return JSON.stringify(writtenOut(treeOf(JSON.parse(document) as object)));
}
