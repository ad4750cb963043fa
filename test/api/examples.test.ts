import { expect, test } from "bun:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { plainDocument } from "../support/plain-document.ts";
import { ONE_OF } from "../support/served-queries.ts";

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: { readonly example?: unknown };
}

interface Document {
  readonly paths: Readonly<Record<string, { readonly get: { readonly parameters?: Parameter[] } }>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

const document = JSON.parse(await plainDocument()) as Document;

const operations = Object.entries(document.paths).map(([path, { get }]) => ({
  path,
  // documents.test.ts names those without one.
  parameters: (get.parameters ?? []).filter(({ schema }) => schema.example !== undefined),
}));

/** Includes the document's example instrument. */
const board = () =>
  new TestBoard(
    snapshotOf(
      "1-1",
      EXCHANGE_IDS.map((exchange) => rowOf(exchange, "BTC")),
    ),
  );

/** The address of an operation with the examples of these parameters; required ones are always included. */
function target(path: string, parameters: readonly Parameter[], given: readonly Parameter[]) {
  const filled = parameters
    .filter((parameter) => parameter.in === "path")
    .reduce((text, { name, schema }) => text.replace(`{${name}}`, String(schema.example)), path);
  const query = parameters
    .filter((one) => one.in === "query" && (isNeeded(path, one) || given.includes(one)))
    .map(({ name, schema }) => `${name}=${encodeURIComponent(String(schema.example))}`);
  return query.length === 0 ? filled : `${filled}?${query.join("&")}`;
}

function isNeeded(path: string, { name, required }: Parameter): boolean {
  return required === true || ONE_OF[path]?.[0] === name;
}

/** Streams never end; their parameters are those of the list of current rates. */
const ENDLESS = "/api/funding/stream";

test.each(operations.filter(({ path }) => path !== ENDLESS))(
  "$path accepts the examples of its parameters, one by one and all together",
  async ({ path, parameters }) => {
    const app = testApp(board());
    const targets = [
      target(path, parameters, parameters),
      ...parameters.map((parameter) => target(path, parameters, [parameter])),
    ];
    for (const one of targets) {
      const response = await app.get(one);
      expect([one, response.status]).toEqual([one, 200]);
    }
  },
);

test("every example of a schema conforms to that schema", () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema(document, "openapi");
  let checked = 0;
  const check = (schema: unknown, pointer: string): void => {
    if (typeof schema !== "object" || schema === null) return;
    if ("example" in schema) {
      checked += 1;
      const validate = ajv.compile({ $ref: `openapi#${pointer}` });
      const isValid = validate(schema.example);
      expect([pointer, isValid, ajv.errorsText(validate.errors)]).toEqual([
        pointer,
        true,
        "No errors",
      ]);
    }
    for (const [key, value] of Object.entries(schema)) {
      const escaped = encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));
      if (key !== "example") check(value, `${pointer}/${escaped}`);
    }
  };
  check(document.components.schemas, "/components/schemas");
  expect(checked).toBeGreaterThan(100);
});
