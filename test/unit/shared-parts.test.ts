import { expect, test } from "bun:test";
import { withNamedSets, withNullSplitOff } from "../../src/http/openapi/closed-sets.ts";
import { finishedDocument } from "../../src/http/openapi/finished-document.ts";
import { type JsonObject, objectOf } from "../../src/http/openapi/json-tree.ts";
import { withSharedParts } from "../../src/http/openapi/shared-parts.ts";
import { writtenOut } from "../support/plain-document.ts";

const limit = { name: "limit", in: "query", schema: { type: "integer", default: 10 } };
const longLimit = { ...limit, schema: { type: "integer", default: 100 } };
const side = { name: "side", in: "query", schema: { type: "string", enum: ["long", "short"] } };
const id = { description: "Yours or a new one.", schema: { type: "string" } };
const problem = (code: string) => ({
  description: "No.",
  headers: { "X-Request-Id": id },
  content: {
    "application/problem+json": {
      schema: { $ref: "#/components/schemas/Problem" },
      examples: { [code]: { value: { code } } },
    },
  },
});
const ok = { description: "Yes.", headers: { "X-Request-Id": id } };

const DOCUMENT: JsonObject = {
  openapi: "3.1.0",
  paths: {
    "/a": {
      get: {
        operationId: "listA",
        parameters: [limit, side],
        responses: { 200: ok, 400: problem("bad_a") },
      },
    },
    "/b": {
      get: {
        operationId: "listB",
        parameters: [limit],
        responses: { 200: { ...ok, description: "B." }, 400: problem("bad_a") },
      },
    },
    "/c": {
      get: { operationId: "listC", parameters: [longLimit], responses: { 400: problem("bad_c") } },
    },
    "/d": { get: { operationId: "listD", parameters: [longLimit], responses: { 200: ok } } },
    "/e": { get: { operationId: "listE", parameters: [limit], responses: { 200: ok } } },
  },
  components: {
    schemas: {
      Problem: {
        type: "object",
        properties: {
          code: { type: "string", enum: ["bad_a", "bad_c"] },
          why: { type: ["string", "null"], enum: ["x", "y", null], description: "Why." },
          side: { type: "string", enum: ["long", "short"], example: "long" },
        },
        additionalProperties: false,
      },
    },
  },
};

test("what several operations share is written once, and the document is equivalent", () => {
  const shared = withSharedParts(DOCUMENT);
  expect(writtenOut(shared)["paths"]).toEqual(writtenOut(DOCUMENT)["paths"] ?? null);
  const { parameters, headers, responses, examples, schemas } = objectOf(shared["components"]);
  expect(Object.keys(objectOf(parameters))).toEqual(["limit", "limitOfListC"]);
  expect(Object.keys(objectOf(headers))).toEqual(["X-Request-Id"]);
  expect(Object.keys(objectOf(responses))).toEqual(["Status200", "BadA"]);
  expect(Object.keys(objectOf(examples))).toEqual(["bad_a"]);
  expect(schemas).toEqual(objectOf(DOCUMENT["components"])["schemas"] ?? null);
  const paths = objectOf(shared["paths"]);
  expect(paths["/b"]).toEqual({
    get: {
      operationId: "listB",
      parameters: [{ $ref: "#/components/parameters/limit" }],
      responses: {
        200: {
          description: "B.",
          headers: { "X-Request-Id": { $ref: "#/components/headers/X-Request-Id" } },
        },
        400: { $ref: "#/components/responses/BadA" },
      },
    },
  });
});

test("what only one operation has stays in place", () => {
  const { get } = objectOf(objectOf(withSharedParts(DOCUMENT)["paths"])["/a"]);
  expect(objectOf(get)["parameters"]).toEqual([{ $ref: "#/components/parameters/limit" }, side]);
});

test("null is next to a closed set, not a member of it", () => {
  const { schemas } = objectOf(withNullSplitOff(DOCUMENT)["components"]);
  const { properties } = objectOf(objectOf(schemas)["Problem"]);
  expect(objectOf(properties)["why"]).toEqual({
    anyOf: [{ type: "string", enum: ["x", "y"] }, { type: "null" }],
    description: "Why.",
  });
});

test("every closed set is a named schema, wherever it is used", () => {
  const named = withNamedSets(withNullSplitOff(DOCUMENT));
  const { schemas } = objectOf(named["components"]);
  expect(objectOf(schemas)).toMatchObject({
    ProblemCode: { type: "string", enum: ["bad_a", "bad_c"] },
    ProblemWhy: { type: "string", enum: ["x", "y"] },
    ProblemSide: { type: "string", enum: ["long", "short"] },
  });
  expect(objectOf(objectOf(schemas)["Problem"])["properties"]).toEqual({
    code: { $ref: "#/components/schemas/ProblemCode" },
    why: {
      anyOf: [{ $ref: "#/components/schemas/ProblemWhy" }, { type: "null" }],
      description: "Why.",
    },
    side: { $ref: "#/components/schemas/ProblemSide", example: "long" },
  });
  const { parameters } = objectOf(objectOf(objectOf(named["paths"])["/a"])["get"]);
  expect(parameters).toEqual([
    limit,
    { ...side, schema: { $ref: "#/components/schemas/ProblemSide" } },
  ]);
});

test("two sets with one name are an error", () => {
  const clash = {
    ...DOCUMENT,
    components: {
      schemas: {
        ProblemCode: { type: "object" },
        ...objectOf(objectOf(DOCUMENT["components"])["schemas"]),
      },
    },
  };
  expect(() => withNamedSets(clash)).toThrow("two sets would have the name ProblemCode");
});

test("answers allow added fields", () => {
  expect(JSON.stringify(DOCUMENT)).toContain("additionalProperties");
  expect(JSON.stringify(finishedDocument(DOCUMENT))).not.toContain("additionalProperties");
});
