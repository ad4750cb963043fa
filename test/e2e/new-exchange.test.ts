import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LISTS, withExchange } from "../../scripts/new-exchange/registration.ts";

const ROOT = join(import.meta.dir, "../..");

/** What compiling and running the program takes. */
const COPIED = ["src", "test", "scripts", "bench", "migrations"];
const SETTINGS = ["package.json", "tsconfig.json", "bunfig.toml", "drizzle.config.ts"];
const OF_LINTER = [".oxlintrc.json"];

const MADE = [
  "src/exchanges/newone.ts",
  "src/demo/exchanges/newone.ts",
  "test/support/demo-wires/newone.ts",
  "test/exchanges/newone.test.ts",
];

/** Each step starts a program that loads a few hundred files. */
const LIMIT_MS = 60_000;

let tree = "";
let before: readonly string[] = [];

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), "new-exchange-"));
  for (const name of [...COPIED, ...SETTINGS, ...OF_LINTER])
    cpSync(join(ROOT, name), join(tree, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(tree, "node_modules"));
  before = listsOf();
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

interface Result {
  readonly status: number;
  readonly output: string;
}

/** Runs Bun in the copy. */
function run(...args: readonly string[]): Result {
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, ...args], {
    cwd: tree,
    env: { PATH: process.env["PATH"] ?? "", NO_COLOR: "1" },
  });
  return { status: exitCode, output: stdout.toString() + stderr.toString() };
}

const scaffold = (...args: readonly string[]): Result => run("scripts/new-exchange.ts", ...args);

const listsOf = (): string[] => LISTS.map(({ path }) => readFileSync(join(tree, path), "utf8"));

describe("an exchange is started by one command", () => {
  test.each([
    ["BadName", "is no id"],
    ["bad-name", "is no id"],
    ["1st", "is no id"],
    ["x", "is no id"],
    ["../newone", "is no id"],
    ["okx", "okx is taken"],
    ["registry", "src/exchanges/registry.ts exists already"],
    ["faults", "test/exchanges/faults.test.ts exists already"],
    ["facts", "facts has a meaning in the code"],
    ["yield", "yield has a meaning in the code"],
  ])("%s is refused with status 2, and nothing is written", (id, message) => {
    const { status, output } = scaffold(id);
    expect(output).toContain(message);
    expect(status).toBe(2);
    expect(listsOf()).toEqual([...before]);
  });

  test("no id, or two of them, is answered with the usage", () => {
    for (const args of [[], [""], ["newone", "newtwo"]]) {
      expect(scaffold(...args)).toEqual({
        status: 2,
        output: expect.stringContaining("usage: bun scripts/new-exchange.ts ID"),
      });
    }
    expect(listsOf()).toEqual([...before]);
  });

  test(
    "the new files are there, formatted, linted and compiling, and the lists hold the id",
    () => {
      const { status, output } = scaffold("newone");
      expect(status, output).toBe(0);
      for (const path of MADE) expect(output).toContain(path);
      const touched = [...MADE, ...LISTS.map(({ path }) => path)];
      expect(run("fmt", "--check", ...touched).status).toBe(0);
      expect(run("--bun", "node_modules/.bin/oxlint", ...touched)).toMatchObject({ status: 0 });
      const complaints = run("check")
        .output.split("\n")
        .filter((line) => touched.some((path) => line.startsWith(`${path}(`)));
      expect(complaints).toEqual([]);
      for (const path of touched) {
        const text = readFileSync(join(tree, path), "utf8");
        expect(text).toMatch(/\bnewone\b/);
        expect(text).not.toMatch(/__ID__|__NAME__|TODO/);
      }
    },
    LIMIT_MS,
  );

  test(
    "its own test passes, and what it reads from the simulator is the truth",
    () => {
      const suites: readonly (readonly string[])[] = [
        ["test/exchanges/newone.test.ts"],
        ["test/exchanges/truth.test.ts", "-t", "newone"],
        ["test/exchanges/facts.test.ts", "-t", "newone"],
        ["test/exchanges/explain.test.ts", "-t", "newone"],
        ["test/unit/demo-wires.test.ts", "-t", "newone"],
      ];
      for (const suite of suites) {
        const { status, output } = run("test", ...suite);
        expect(output).toMatch(/^ [1-9]\d* pass$/m);
        expect(output).toMatch(/^ 0 fail$/m);
        expect(status).toBe(0);
      }
    },
    LIMIT_MS,
  );

  test("a second time it is taken, and what was written since stays", async () => {
    const mine = join(tree, "src/exchanges/newone.ts");
    await Bun.write(mine, "// mine\n");
    const { status, output } = scaffold("newone");
    expect(output).toContain("newone is taken");
    expect(status).toBe(2);
    expect(readFileSync(mine, "utf8")).toBe("// mine\n");
  });
});

describe("an id comes into a list of source", () => {
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

  test.each(["aa", "cc", "zz"])("%s: at the end of it, and in the alphabet of imports", (id) => {
    const lines = withExchange(source("bb", "dd"), list, id).split("\n");
    const imported = lines.filter((line) => line.includes('"./')).slice(1);
    expect(imported).toEqual(
      ["bb", "dd", id].toSorted().map((name) => `import { ${name} } from "./${name}.ts";`),
    );
    expect(lines.slice(-5)).toEqual(["  bb,", "  dd,", `  ${id},`, "} satisfies T;", ""]);
  });

  test("a file of another form is an error, not a guess", () => {
    expect(() => withExchange("export const ALL = [];", list, "aa")).toThrow("a.ts has no list");
    expect(() => withExchange(source(), list, "aa")).toThrow("a.ts imports no exchange");
  });
});
