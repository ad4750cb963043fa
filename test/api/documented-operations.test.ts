import { expect, test } from "bun:test";
import { plainDocument } from "../support/plain-document.ts";

interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly schema: { readonly enum?: readonly string[] };
}

interface Operation {
  readonly parameters?: readonly Parameter[];
}

const document: {
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
} = JSON.parse(await plainDocument());

const OPERATIONS = Object.entries(document.paths).map(([path, { get }]) => ({ path, ...get }));

/** What a switch does without being turned on needs no words. */
const OFF = "0";

test("a parameter that explains one of its choices explains them all", () => {
  const unexplained = OPERATIONS.flatMap(({ path, parameters = [] }) =>
    parameters.flatMap(({ name, description, schema: { enum: members = [] } }) => {
      const missing = members.filter((member) => !description.includes(`\`${member}\``));
      if (missing.length === members.length) return [];
      return missing.filter((member) => member !== OFF).map((member) => [path, name, member]);
    }),
  );
  expect(unexplained).toEqual([]);
});

test.each(["/api/funding/extremes", "/api/funding/position"])(
  "%s explains each value of its side",
  (path) => {
    const { parameters = [] } = OPERATIONS.find((one) => one.path === path) ?? {};
    const side = parameters.find(({ name }) => name === "side");
    for (const member of side?.schema.enum ?? [])
      expect(side?.description).toContain(`\`${member}\``);
  },
);
