import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

/** Ignored by git and every check, and packages resolve from there. */
const CACHE = join(ROOT, "node_modules/.cache");

/** As strict as a careful user's own. Without exactOptionalPropertyTypes, which hey-api's own code violates. */
const TSCONFIG = {
  compilerOptions: {
    target: "ESNext",
    module: "ESNext",
    moduleResolution: "bundler",
    lib: ["ESNext", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    types: [],
    strict: true,
    noUncheckedIndexedAccess: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    // Clients of openapi-zod-client are written for this version, which their users have.
    paths: { zod: ["../../zod/v3"] },
  },
  include: ["**/*.ts"],
};

/**
 * A folder with clients of one document: paths.d.ts for openapi-fetch, sdk/ by hey-api, orval.ts, zodios.ts by
 * openapi-zod-client, and programs that use them.
 */
export interface GeneratedClients {
  /** Writes a program; it imports `./paths.d.ts`, `./sdk` and openapi-fetch. */
  write(name: string, program: string): Promise<void>;
  /** The type checker's output for everything in the folder. */
  typeErrors(): Promise<Complaint[]>;
  /** What a program or `sdk/sdk.gen.ts` exports. */
  load(name: string): Promise<Readonly<Record<string, unknown>>>;
  [Symbol.dispose](): void;
}

/** One error of the type checker. */
export interface Complaint {
  /** From the folder: "calls.ts", "sdk/client/client.gen.ts". */
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Without the formats other than JSON, of which orval would make streams. */
const orvalConfig = (origin: string): string => `export default {
  api: {
    input: "./openapi.json",
    output: {
      target: "./orval.ts",
      client: "fetch",
      baseUrl: ${JSON.stringify(origin)},
      override: { contentType: { exclude: ["application/x-ndjson", "text/csv"] } },
    },
  },
};
`;

/** By default openapi-zod-client reads JSON only and treats any other answer as empty. */
const ZODIOS_TYPES = ["application/json", "application/problem+json", "text/plain", "text/calendar"]
  .map((type) => `mediaType === '${type}'`)
  .join(" || ");

/**
 * Generates all clients from the OpenAPI document of the service at `origin`, without any other request. Throws with a
 * generator's output if it fails.
 */
export async function generateClients(document: string, origin: string): Promise<GeneratedClients> {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "generated-clients-"));
  const write = async (name: string, text: string): Promise<void> =>
    void (await Bun.write(join(folder, name), text));
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    await write("openapi.json", document);
    await write("orval.config.mjs", orvalConfig(origin));
    await write("tsconfig.json", JSON.stringify(TSCONFIG));
    await Promise.all([
      generate(folder, ["openapi-typescript/bin/cli.js", "openapi.json", "-o", "paths.d.ts"]),
      generate(folder, ["@hey-api/openapi-ts/bin/run.js", "-i", "./openapi.json", "-o", "./sdk"]),
      generate(folder, ["orval/dist/bin/orval.mjs", "--config", "orval.config.mjs"]),
      generate(folder, [
        "openapi-zod-client/bin.js",
        "openapi.json",
        "-o",
        "zodios.ts",
        "--media-type-expr",
        ZODIOS_TYPES,
      ]),
    ]);
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    write,
    typeErrors: () => typeErrorsIn(folder),
    load: async (name) => (await import(join(folder, name))) as Readonly<Record<string, unknown>>,
    [Symbol.dispose]: dispose,
  };
}

async function generate(folder: string, [tool = "", ...args]: readonly string[]): Promise<void> {
  const { status, output } = await run(folder, [join(ROOT, "node_modules", tool), ...args]);
  if (status !== 0) throw new Error(`${tool} ended with ${status}:\n${output}`);
}

async function typeErrorsIn(folder: string): Promise<Complaint[]> {
  const { status, output } = await run(folder, ["check", "--no-pretty", "--all"]);
  const errors = output.split("\n").flatMap((line): Complaint[] => {
    const [, file, row, text] = /^(\S+?)\((\d+),\d+\): error (.*)$/.exec(line) ?? [];
    if (file === undefined || text === undefined) return [];
    return [{ file, line: Number(row), text }];
  });
  if ((status === 0) !== (errors.length === 0))
    throw new Error(`the type check ended with ${status}:\n${output}`);
  return errors;
}

/** Runs a program in `folder`, outside the settings of this repository. */
async function run(
  folder: string,
  args: readonly string[],
): Promise<{ readonly status: number; readonly output: string }> {
  const child = Bun.spawn([process.execPath, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", CI: "1", NO_COLOR: "1" },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { status: await child.exited, output: out + err };
}
