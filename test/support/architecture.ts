import { posix } from "node:path";
import { sourceFacts, type Effect, type ImportFact, type SourceFacts } from "./source-facts.ts";

export type Rule =
  | "room"
  | "types_only"
  | "package"
  | "adapter_island"
  | "clock_in_domain"
  | "effect"
  | "computed_import"
  | "cycle"
  | "file_name"
  | "file_length"
  | "unknown_room";

export interface Violation {
  readonly rule: Rule;
  readonly file: string;
  readonly line: number;
  readonly detail: string;
}

const ROOM_NAMES = [
  "lib",
  "domain",
  "exchanges",
  "db",
  "gateways",
  "services",
  "collector",
  "http",
  "web",
  "simulator",
  "config",
  "main",
  "cli",
] as const;
type Room = (typeof ROOM_NAMES)[number];

interface RoomRules {
  /** Rooms it may import, besides itself. */
  readonly imports: readonly Room[];
  /** Rooms of which it may know the types alone. */
  readonly types?: readonly Room[];
  /** The only packages it may import; absent: any that no rule below keeps for others. */
  readonly packages?: RegExp;
}

/** What comes with the runtime: node:fs, bun, bun:ffi. */
const BUILTIN = /^(node:|bun$|bun:)/;
const NOTHING = /^$/;
const BELOW_SERVICES: readonly Room[] = ["lib", "domain", "exchanges", "gateways"];
const BELOW_MAIN: readonly Room[] = [
  ...BELOW_SERVICES,
  "db",
  "services",
  "collector",
  "http",
  "web",
];

/** Who may import whom. A room that is not listed here does not exist. */
const ROOMS = {
  lib: { imports: [] },
  domain: { imports: ["lib"], packages: NOTHING },
  exchanges: { imports: ["lib", "domain"], packages: /^zod$/ },
  db: { imports: ["lib", "domain"] },
  gateways: { imports: ["lib", "domain"] },
  services: { imports: ["lib", "domain", "exchanges"], types: ["db", "gateways"] },
  collector: { imports: ["lib", "domain", "exchanges", "db"] },
  http: { imports: [...BELOW_SERVICES, "services", "collector", "web"] },
  web: { imports: [...BELOW_SERVICES, "services", "collector"] },
  simulator: { imports: ["lib"], packages: BUILTIN },
  config: { imports: ["lib", "domain"], packages: new RegExp(`^zod$|${BUILTIN.source}`) },
  main: { imports: [...BELOW_MAIN, "config"] },
  cli: { imports: [...BELOW_MAIN, "config"] },
} satisfies Record<Room, RoomRules>;

/** Packages that belong to some rooms. */
const KEPT_PACKAGES: readonly { packages: RegExp; rooms: readonly Room[] }[] = [
  { packages: /^(drizzle-orm|drizzle-kit)(\/|$)|^bun:sqlite$|^node:sqlite$/, rooms: ["db"] },
  { packages: /^(hono|@hono\/[^/]+)(\/|$)/, rooms: ["http", "web"] },
];

/** The one file that may touch the outside in each way. */
const EFFECT_OWNER: Readonly<Record<Effect, string>> = {
  env: "src/config/config.ts",
  fetch: "src/lib/http-client.ts",
  time: "src/lib/clock.ts",
};

/** Scripts that run in the visitor's browser have its clock and its fetch. */
const BROWSER_CODE = "src/web/static/";

/** Files of src/exchanges that every adapter shares, and the one that knows every adapter. */
const SHARED_BY_ADAPTERS = ["exchange", "wire", "wire-rows", "wire-times"];
const REGISTRY = "src/exchanges/registry.ts";

const CLOCK = "src/lib/clock.ts";
const MAX_LINES = 300;
const VAGUE_NAME = /(^|[-_.])(utils?|helpers?|common|misc)([-_.]|$)/i;

/** The version of the program stands in the manifest; nothing else outside src is imported. */
const MANIFEST = "package.json";

/**
 * Every breach of the import rules and of the size and naming rules, in the order of the files.
 * `files` maps a path from the root of the repository ("src/lib/clock.ts") to its source.
 */
export function violations(files: ReadonlyMap<string, string>): Violation[] {
  const found: Violation[] = [];
  const graph = new Map<string, string[]>();
  for (const [file, source] of files) {
    found.push(...shapeViolations(file, source));
    const room = roomOf(file);
    if (room === null) {
      found.push({
        rule: "unknown_room",
        file,
        line: 1,
        detail: "no rule says what it may import",
      });
      continue;
    }
    if (!/\.tsx?$/.test(file)) continue;
    const facts = sourceFacts(file, source);
    found.push(...effectViolations(file, facts));
    found.push(...facts.imports.flatMap((fact) => importViolations(file, room, fact)));
    graph.set(file, targetsOf(file, facts));
  }
  return [...found, ...cycleViolations(graph)];
}

/** One violation as a line of text: path:line, rule, detail. */
export function describeViolation({ rule, file, line, detail }: Violation): string {
  return `${file}:${line} [${rule}] ${detail}`;
}

function shapeViolations(file: string, source: string): Violation[] {
  const found: Violation[] = [];
  const lines = source.split("\n").length - (source.endsWith("\n") ? 1 : 0);
  if (lines > MAX_LINES) {
    found.push({ rule: "file_length", file, line: MAX_LINES, detail: `${lines} lines` });
  }
  if (file.split("/").some((part) => VAGUE_NAME.test(part))) {
    found.push({
      rule: "file_name",
      file,
      line: 1,
      detail: "the name says nothing of the content",
    });
  }
  return found;
}

function effectViolations(file: string, facts: SourceFacts): Violation[] {
  if (file.startsWith(BROWSER_CODE)) return [];
  return facts.effects
    .filter(({ effect }) => EFFECT_OWNER[effect] !== file)
    .map(({ effect, text, line }) => ({
      rule: "effect",
      file,
      line,
      detail: `${text}: only ${EFFECT_OWNER[effect]} may`,
    }));
}

function importViolations(file: string, room: Room, fact: ImportFact): Violation[] {
  const violation = (rule: Rule, detail: string): Violation[] => [
    { rule, file, line: fact.line, detail },
  ];
  const { specifier } = fact;
  if (specifier === null) return violation("computed_import", "a reader cannot tell what it loads");
  if (!specifier.startsWith(".")) {
    return mayUsePackage(room, specifier)
      ? []
      : violation("package", `${room} imports ${specifier}`);
  }
  const target = resolve(file, specifier);
  if (target === MANIFEST) return [];
  const targetRoom = roomOf(target);
  if (targetRoom === null) return violation("unknown_room", `imports ${target}`);
  if (room === "domain" && target === CLOCK) return violation("clock_in_domain", "time is a value");
  if (room === "exchanges" && targetRoom === "exchanges") {
    return mayMeet(file, target) ? [] : violation("adapter_island", `imports ${target}`);
  }
  const rules: RoomRules = ROOMS[room];
  if (targetRoom === room || rules.imports.includes(targetRoom)) return [];
  if (!rules.types?.includes(targetRoom)) return violation("room", `${room} imports ${target}`);
  return fact.typeOnly ? [] : violation("types_only", `${room} imports values of ${target}`);
}

function mayUsePackage(room: Room, name: string): boolean {
  const rules: RoomRules = ROOMS[room];
  if (rules.packages !== undefined && !rules.packages.test(name)) return false;
  return KEPT_PACKAGES.every(({ packages, rooms }) => !packages.test(name) || rooms.includes(room));
}

/** Adapters know the contract, the shared readers and their own parts (okx.ts, okx-history.ts). */
function mayMeet(file: string, target: string): boolean {
  const family = familyOf(target);
  return file === REGISTRY || SHARED_BY_ADAPTERS.includes(family) || family === familyOf(file);
}

function familyOf(file: string): string {
  return /^src\/exchanges\/([^-./]+)/.exec(file)?.[1] ?? file;
}

/** The room of "src/lib/clock.ts" is lib, of "src/main.ts" main; null where there is none. */
function roomOf(path: string): Room | null {
  const name = /^src\/(?:([^/]+)\/|([^/]+)\.tsx?$)/.exec(path);
  const isFile = name?.[2] !== undefined;
  const room = ROOM_NAMES.find((candidate) => candidate === (name?.[1] ?? name?.[2]));
  if (room === undefined) return null;
  return isFile === (room === "main") ? room : null;
}

function resolve(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier);
}

function targetsOf(file: string, facts: SourceFacts): string[] {
  return facts.imports.flatMap(({ specifier }) =>
    specifier?.startsWith(".") ? [resolve(file, specifier)] : [],
  );
}

/** Each circle of imports once, types included: two files in a circle are one file in two pieces. */
function cycleViolations(graph: ReadonlyMap<string, readonly string[]>): Violation[] {
  const found: Violation[] = [];
  const state = new Map<string, "open" | "closed">();
  const path: string[] = [];
  const visit = (file: string): void => {
    state.set(file, "open");
    path.push(file);
    for (const target of graph.get(file) ?? []) {
      if (state.get(target) === "open") {
        const circle = [...path.slice(path.indexOf(target)), target];
        found.push({ rule: "cycle", file, line: 1, detail: circle.join(" -> ") });
      } else if (!state.has(target)) visit(target);
    }
    path.pop();
    state.set(file, "closed");
  };
  for (const file of graph.keys()) if (!state.has(file)) visit(file);
  return found;
}
