import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LISTS, withExchange } from "../../scripts/new-exchange/registration.ts";
import { LONG_MS } from "../support/patience.ts";

const ROOT = join(import.meta.dir, "../..");

/** Not part of what a developer has after cloning. */
const LEFT_OUT: ReadonlySet<string> = new Set(["node_modules", ".git", "data", "coverage"]);

/** The packages are linked from this tree: make must not install them again. */
const INSTALLED = `node_modules/.installed-${Bun.version}`;

const MADE = [
  "src/exchanges/newone.ts",
  "src/exchanges/newone-wire.ts",
  "src/exchanges/newone-history-wire.ts",
  "src/simulator/exchanges/newone.ts",
  "test/support/simulator-wires/newone.ts",
  "test/exchanges/newone.test.ts",
  "test/exchanges/history/newone.test.ts",
];

let tree = "";
let before: readonly string[] = [];

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), "new-exchange-"));
  for (const name of readdirSync(ROOT).filter((entry) => !LEFT_OUT.has(entry)))
    // With their times: a younger lock file would be installed again, into the folder that all tests use.
    cpSync(join(ROOT, name), join(tree, name), { recursive: true, preserveTimestamps: true });
  symlinkSync(join(ROOT, "node_modules"), join(tree, "node_modules"));
  before = listsOf();
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

interface Result {
  readonly status: number;
  readonly output: string;
}

/** Runs Bun in the copy. */
const run = (...args: readonly string[]): Result => runProgram(process.execPath, ...args);

/** Runs make in the copy, as a developer would. */
const make = (...args: readonly string[]): Result => runProgram("make", "-o", INSTALLED, ...args);

function runProgram(...command: readonly string[]): Result {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], {
    cwd: tree,
    env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1" },
  });
  return { status: exitCode, output: stdout.toString() + stderr.toString() };
}

const scaffold = (...args: readonly string[]): Result => run("scripts/new-exchange.ts", ...args);

const listsOf = (): string[] => LISTS.map(({ path }) => readFileSync(join(tree, path), "utf8"));

describe("one command starts a new exchange", () => {
  test.each([
    ["BadName", "is not a valid id"],
    ["bad-name", "is not a valid id"],
    ["1st", "is not a valid id"],
    ["x", "is not a valid id"],
    ["../newone", "is not a valid id"],
    ["okx", "okx is taken"],
    ["registry", "src/exchanges/registry.ts already exists"],
    ["faults", "test/exchanges/faults.test.ts already exists"],
    ["facts", "facts already has a meaning in the code"],
    ["yield", "yield already has a meaning in the code"],
  ])("%s is refused with status 2, and nothing is written", (id, message) => {
    const { status, output } = scaffold(id);
    expect(output).toContain(message);
    expect(status).toBe(2);
    expect(listsOf()).toEqual([...before]);
  });

  test("no id, or two of them, prints the usage", () => {
    for (const args of [[], [""], ["newone", "newtwo"]]) {
      expect(scaffold(...args)).toEqual({
        status: 2,
        output: expect.stringContaining("usage: bun scripts/new-exchange.ts ID"),
      });
    }
    expect(listsOf()).toEqual([...before]);
  });

  test(
    "the new files exist, the lists contain the id, and the documents are written",
    () => {
      const { status, output } = make("exchange", "ID=newone");
      expect(status, output).toBe(0);
      for (const path of MADE) expect(output).toContain(path);
      const listed = [...MADE, ...LISTS.map(({ path }) => path)];
      for (const path of [...listed, "docs/exchanges.md", "docs/fees.md", "docs/openapi.json"]) {
        const text = readFileSync(join(tree, path), "utf8");
        expect(text).toMatch(/\bnewone\b/);
        expect(text).not.toMatch(/__ID__|__NAME__|TODO|TODAY/);
      }
    },
    LONG_MS,
  );

  test(
    "the whole check passes: format, lint, types, unused code",
    () => {
      const { status, output } = make("check");
      expect(status, output).toBe(0);
    },
    LONG_MS,
  );

  test(
    "its own test passes, and what it reads from the simulator is the truth",
    () => {
      const suites: readonly (readonly string[])[] = [
        ["test/exchanges/newone.test.ts"],
        ["test/exchanges/history/newone.test.ts"],
        ["test/exchanges/truth.test.ts", "-t", "newone"],
        ["test/exchanges/facts.test.ts", "-t", "newone"],
        ["test/exchanges/explain.test.ts", "-t", "newone"],
        ["test/unit/simulator-wires.test.ts", "-t", "newone"],
        ["test/unit/fees.test.ts"],
        ["test/api/documents.test.ts"],
      ];
      for (const suite of suites) {
        const { status, output } = run("test", ...suite);
        expect(output).toMatch(/^ [1-9]\d* pass$/m);
        expect(output).toMatch(/^ 0 fail$/m);
        expect(status).toBe(0);
      }
    },
    LONG_MS,
  );

  test("repeating it is refused, and later changes are kept", async () => {
    const mine = join(tree, "src/exchanges/newone.ts");
    await Bun.write(mine, "// mine\n");
    const { status, output } = scaffold("newone");
    expect(output).toContain("newone is taken");
    expect(status).toBe(2);
    expect(readFileSync(mine, "utf8")).toBe("// mine\n");
  });
});

describe("an id is inserted into a list in source code", () => {
  const list = {
    path: "a.ts",
    opens: "export const ALL = {",
    closes: "} satisfies ",
    entry: "  ID,",
    imports: "./",
  } as const;
  const source = (...names: readonly string[]): string =>
    [
      'import type { T } from "./a.ts";',
      ...names.map((name) => `import { ${name} } from "./${name}.ts";`),
      'import { other } from "../other.ts";',
      "",
      "export const ALL = {",
      ...names.map((name) => `  ${name},`),
      "} satisfies T;",
      "",
    ].join("\n");

  test.each(["aa", "cc", "zz"])("%s: at its end, and alphabetically among the imports", (id) => {
    const lines = withExchange(source("bb", "dd"), list, id, "2026-10-05").split("\n");
    const imported = lines.filter((line) => line.includes('"./')).slice(1);
    expect(imported).toEqual(
      ["bb", "dd", id].toSorted().map((name) => `import { ${name} } from "./${name}.ts";`),
    );
    expect(lines.slice(-5)).toEqual(["  bb,", "  dd,", `  ${id},`, "} satisfies T;", ""]);
  });

  test("a file with another form is an error, not a guess", () => {
    expect(() => withExchange("export const ALL = [];", list, "aa", "2026-10-05")).toThrow(
      "a.ts has no list",
    );
    expect(() => withExchange(source(), list, "aa", "2026-10-05")).toThrow(
      "a.ts imports no exchange",
    );
  });
});
