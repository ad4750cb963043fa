import { withNamedSets, withNullApart } from "./closed-sets.ts";
import {
  type Json,
  type JsonObject,
  mapObjects,
  mapValues,
  objectOf,
  treeOf,
} from "./json-tree.ts";
import { withSharedParts } from "./shared-parts.ts";

/** The document as it is served, from the one that the routes add up to. */
export function finishedDocument(generated: object): JsonObject {
  const passes = [saidOnce, openToAddedFields, withNullApart, withNamedSets, withSharedParts];
  return passes.reduce((document, pass) => pass(document), treeOf(generated));
}

/** What a parameter is about is said of the parameter, not of its schema once more. */
function saidOnce(document: JsonObject): JsonObject {
  const once = (parameter: Json): Json => {
    const { schema, ...rest } = objectOf(parameter);
    const { description, ...kind } = objectOf(schema);
    return description === rest["description"] ? { ...rest, schema: kind } : parameter;
  };
  const paths = mapValues(objectOf(document["paths"]), (methods) =>
    mapValues(objectOf(methods), (operation) =>
      mapValues(objectOf(operation), (value, key) =>
        key === "parameters" && Array.isArray(value) ? value.map(once) : value,
      ),
    ),
  );
  return { ...document, paths };
}

/**
 * Answers may gain fields: a client that refuses those would break with each. What we send is tested for exactness.
 * Open schemas overlap, so that one of several is any of them.
 */
function openToAddedFields(document: JsonObject): JsonObject {
  return objectOf(
    mapObjects(document, (object) => {
      const { additionalProperties, oneOf, ...open } = object;
      return {
        ...open,
        ...(additionalProperties !== undefined &&
          additionalProperties !== false && { additionalProperties }),
        ...(oneOf !== undefined && { anyOf: oneOf }),
      };
    }),
  );
}
