import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "bun:test";
import { servedDocument } from "../../scripts/write-openapi.ts";
import { type JsonObject, objectOf, treeOf } from "../../src/http/openapi/json-tree.ts";
import { asOpenApi30 } from "../../src/http/openapi/openapi-30.ts";
import { testApp } from "../support/app.ts";
import { TestBoard } from "../support/board.ts";

async function served(): Promise<JsonObject> {
  const response = await testApp(new TestBoard()).get("/openapi-3.0.json");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  return treeOf(JSON.parse(await response.text()) as object);
}

test("/openapi-3.0.json is valid OpenAPI 3.0 according to the official schema", async () => {
  const validator = new Validator();
  const older = await served();
  expect(older["openapi"]).toBe("3.0.3");
  expect(await validator.validate(older)).toEqual({ valid: true });
  expect(validator.version).toBe("3.0");
  // The validator does reject: keywords of 3.1 are errors to it.
  const broken = { ...older, info: { ...objectOf(older["info"]), license: { identifier: "MIT" } } };
  expect((await new Validator().validate(broken)).valid).toBe(false);
});

test("/openapi-3.0.json has the same operations and schemas, and no keyword of 3.1", async () => {
  const newer = treeOf(JSON.parse(await servedDocument()) as object);
  const older = await served();
  const names = (document: JsonObject) => [
    Object.keys(objectOf(document["paths"])),
    Object.keys(objectOf(objectOf(document["components"])["schemas"])),
  ];
  expect(names(older)).toEqual(names(newer));
  const text = JSON.stringify(older);
  expect(text).not.toMatch(/"type":\[|"type":"null"|"const":|"exclusiveM\w+":[\d-]/);
  expect(text).not.toMatch(/"\$ref":"[^"]*",/);
});

test("null, bounds, constants and references of 3.1 are expressed as in 3.0", () => {
  const schemas = {
    Maybe: { type: ["number", "null"], description: "A number." },
    MaybeSet: {
      anyOf: [{ $ref: "#/components/schemas/Set" }, { type: "null" }],
      description: "One.",
    },
    MaybeEither: { anyOf: [{ type: "number" }, { type: "string" }, { type: "null" }] },
    Plain: { anyOf: [{ type: "number", minimum: 0 }, { type: "null" }] },
    Above: { type: "number", exclusiveMinimum: 0, maximum: 5 },
    Below: { type: "number", exclusiveMaximum: 5 },
    Fixed: { const: "one" },
    Several: { type: "string", examples: ["a", "b"] },
    Sibling: { $ref: "#/components/schemas/Set", default: "a" },
    Set: { type: "string", enum: ["a"] },
    Text: { type: "string", contentMediaType: "text/plain", contentSchema: { const: "a" } },
    Same: { type: "object", properties: { type: { type: "string" } }, example: { const: 1 } },
  };
  const { components } = asOpenApi30({ components: { schemas } });
  expect(objectOf(components)["schemas"]).toEqual({
    Maybe: { type: "number", nullable: true, description: "A number." },
    MaybeSet: {
      nullable: true,
      allOf: [{ $ref: "#/components/schemas/Set" }],
      description: "One.",
    },
    MaybeEither: { nullable: true, anyOf: [{ type: "number" }, { type: "string" }] },
    Plain: { type: "number", minimum: 0, nullable: true },
    Above: { type: "number", minimum: 0, exclusiveMinimum: true, maximum: 5 },
    Below: { type: "number", maximum: 5, exclusiveMaximum: true },
    Fixed: { enum: ["one"] },
    Several: { type: "string", example: "a" },
    Sibling: { allOf: [{ $ref: "#/components/schemas/Set" }], default: "a" },
    Set: { type: "string", enum: ["a"] },
    Text: { type: "string", "x-content-schema": { enum: ["a"] } },
    Same: { type: "object", properties: { type: { type: "string" } }, example: { const: 1 } },
  });
});
