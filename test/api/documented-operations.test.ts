import { expect, test } from "bun:test";
import { plainDocument } from "../support/plain-document.ts";

interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly schema: { readonly enum?: readonly string[] };
}

interface Operation {
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly responses: {
    readonly 200: {
      readonly content: {
        readonly "application/json"?: { readonly schema: { readonly $ref?: string } };
      };
    };
  };
}

interface Schema {
  readonly properties?: Readonly<Record<string, unknown>>;
}

const document: {
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
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

/** The members of an operation's JSON answer; null if it has none. */
function membersOf({ responses }: Operation): readonly string[] | null {
  const { $ref } = responses[200].content["application/json"]?.schema ?? {};
  if ($ref === undefined) return null;
  const { properties = {} } = document.components.schemas[$ref.slice(REFERENCE.length)] ?? {};
  return Object.keys(properties);
}

const REFERENCE = "#/components/schemas/";

test("exactly the lists that take names of assets say how they were resolved", () => {
  const lists = OPERATIONS.flatMap((operation) => {
    const members = membersOf(operation);
    return members?.includes("rows") === true ? [{ ...operation, members }] : [];
  });
  expect(lists.length).toBeGreaterThan(15);
  const says = (name: string) =>
    lists.flatMap(({ path, members }) => (members.includes(name) ? [path] : []));
  const takeNames = lists.flatMap(({ path, parameters = [] }) =>
    parameters.some(({ name }) => name === "base") ? [path] : [],
  );
  expect(says("resolved")).toEqual(takeNames);
  expect(says("did_you_mean")).toEqual(takeNames);
});

test.each([
  ["/api/assets", "Assets"],
  ["/api/instruments", "Assets"],
  ["/api/funding/position", "Rates"],
])("%s is found under the topic %s", (path, topic) => {
  expect(OPERATIONS.find((one) => one.path === path)?.tags).toEqual([topic]);
});
