/**
 * Creates the skeleton of an exchange: `bun scripts/new-exchange.ts ID`, or `make exchange ID=…`.
 * Writes an adapter with its history, a simulator encoder, a second description of its wire format and tests, all for
 * one invented format, and registers the id. For an invalid id it writes nothing and exits with 2.
 */
import { join } from "node:path";
import { isExchangeId } from "../src/domain/exchange.ts";
import { systemClock } from "../src/lib/clock.ts";
import { LISTS, withExchange } from "./new-exchange/registration.ts";

const ROOT = join(import.meta.dir, "..");
const TEMPLATES = join(import.meta.dir, "new-exchange");

/** Template and the file made from it, for `ID`. */
const FILES = {
  "adapter.ts.txt": "src/exchanges/ID.ts",
  "envelope.ts.txt": "src/exchanges/ID-wire.ts",
  "history.ts.txt": "src/exchanges/ID-history-wire.ts",
  "encoder.ts.txt": "src/simulator/exchanges/ID.ts",
  "wire.ts.txt": "test/support/simulator-wires/ID.ts",
  "test.ts.txt": "test/exchanges/ID.test.ts",
  "history-test.ts.txt": "test/exchanges/history/ID.test.ts",
} as const;

/** An id is a name in code, in URLs and in the database; longer ones break the columns of the page. */
const ID = /^[a-z][a-z0-9]{1,19}$/;

/** Reserved words, which cannot be the name of a constant in a module. */
const RESERVED: ReadonlySet<string> = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends
  false finally for function if implements import in instanceof interface let new null package private protected
  public return static super switch this throw true try typeof undefined var void while with yield`.split(
    /\s+/,
  ),
);

/** What is wrong with the id, for the person who typed it. */
class Refusal extends Error {}

interface Written {
  readonly path: string;
  readonly content: string;
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const [id = ""] = args;
    if (args.length !== 1 || id === "")
      throw new Refusal("usage: bun scripts/new-exchange.ts ID, or make exchange ID=…");
    await start(id);
    return 0;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(`new-exchange: ${error.message}`);
    return 2;
  }
}

async function start(id: string): Promise<void> {
  if (!ID.test(id)) {
    throw new Refusal(
      `${JSON.stringify(id)} is not a valid id: must be 2 to 20 lower case letters and digits, starting with a letter`,
    );
  }
  if (isExchangeId(id)) throw new Refusal(`${id} is taken: it is in src/domain/exchange.ts`);
  const made = await newFiles(id);
  const changed = await changedFiles(id);
  for (const { path, content } of [...made, ...changed]) await Bun.write(join(ROOT, path), content);
  format(made.map(({ path }) => path));
  console.log(`Written: ${made.map(({ path }) => path).join(", ")}
Registered in: ${changed.map(({ path }) => path).join(", ")}
Its first test passes: node_modules/.bin/bun test test/exchanges/${id}.test.ts
Next: docs/adding-an-exchange.md, step 3.`);
}

/** The files made from the templates. Rejects a file that exists, and an id that already has a meaning in their code. */
async function newFiles(id: string): Promise<Written[]> {
  const made: Written[] = [];
  for (const [template, place] of Object.entries(FILES)) {
    const path = place.replace("ID", id);
    const text = await Bun.file(join(TEMPLATES, template)).text();
    if (await Bun.file(join(ROOT, path)).exists()) throw new Refusal(`${path} already exists`);
    if (RESERVED.has(id) || new RegExp(`\\b${id}\\b`).test(text))
      throw new Refusal(`${id} already has a meaning in the code of an adapter: choose another id`);
    const name = id.charAt(0).toUpperCase() + id.slice(1);
    made.push({ path, content: text.replaceAll("__ID__", id).replaceAll("__NAME__", name) });
  }
  return made;
}

async function changedFiles(id: string): Promise<Written[]> {
  const today = new Date(systemClock.nowMs()).toISOString().slice(0, 10);
  return Promise.all(
    LISTS.map(async (list) => {
      const source = await Bun.file(join(ROOT, list.path)).text();
      return { path: list.path, content: withExchange(source, list, id, today) };
    }),
  );
}

/** Line breaks depend on the length of the id. */
function format(paths: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, "fmt", ...paths], { cwd: ROOT });
  if (exitCode !== 0) throw new Error(`bun fmt failed: ${stderr.toString()}`);
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
