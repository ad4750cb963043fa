import { posix } from "node:path";
import { RESERVED_PACKAGES, type Room, type RoomName, roomOf, ROOMS } from "./rooms.ts";
import { sourceFacts, type Effect, type ImportFact, type SourceFacts } from "./source-facts.ts";

export type Rule =
  | "room"
  | "types_only"
  | "package"
  | "adapter_island"
  | "resource_island"
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

/** The one file that may use each effect. */
const EFFECT_OWNER: Readonly<Record<Effect, string>> = {
  env: "src/config/config.ts",
  fetch: "src/lib/http-client.ts",
  time: "src/lib/clock.ts",
};

/** Scripts that run in the visitor's browser have its clock and its fetch. */
const BROWSER_CODE = "src/web/static/";

/** Files of src/exchanges that every adapter shares, and the one that knows every adapter. */
const SHARED_BY_ADAPTERS = [
  "exchange",
  "history",
  "terms",
  "requests",
  "wire-history",
  "wire",
  "wire-join",
  "wire-rows",
  "wire-times",
];
/** A part of one adapter without the suffix that tells these from adapters. */
const PART_OF_ADAPTER = /^src\/exchanges\/(?!wire-)[^-/]+-(?!(.*-)?wire\.ts$)/;
const REGISTRY = "src/exchanges/registry.ts";

const CLOCK = "src/lib/clock.ts";
const MAX_LINES = 300;
const VAGUE_NAME = /(^|[-_.])(utils?|helpers?|common|misc)([-_.]|$)/i;

/** The version of the program is in the manifest; nothing else outside src is imported. */
const MANIFEST = "package.json";

/**
 * Every violation of the import, size and naming rules, in the order of the files. `files` maps a path from the root of
 * the repository ("src/lib/clock.ts") to its source.
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
        detail: "no rule defines what it may import",
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

/** Which rooms import which, as "http/api -> http/lists", with the number of imports. */
export function importsBetweenRooms(
  files: ReadonlyMap<string, string>,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [file, source] of files) {
    const room = roomOf(file);
    if (room === null || !/\.tsx?$/.test(file)) continue;
    for (const target of targetsOf(file, sourceFacts(file, source))) {
      const other = roomOf(target);
      if (other === null || other === room) continue;
      const arrow = `${room} -> ${other}`;
      found.set(arrow, (found.get(arrow) ?? 0) + 1);
    }
  }
  return found;
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
      detail: "the name says nothing about the content",
    });
  }
  if (PART_OF_ADAPTER.test(file)) {
    found.push({
      rule: "file_name",
      file,
      line: 1,
      detail: "a part of an adapter is called <id>-wire or <id>-…-wire",
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

function importViolations(file: string, room: RoomName, fact: ImportFact): Violation[] {
  const violation = (rule: Rule, detail: string): Violation[] => [
    { rule, file, line: fact.line, detail },
  ];
  const { specifier } = fact;
  if (specifier === null) return violation("computed_import", "it is unclear what it loads");
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
  if (room === "http/api" && targetRoom === "http/api" && folderOf(file) !== folderOf(target)) {
    return violation("resource_island", `imports ${target}`);
  }
  const rules: Room = ROOMS[room];
  if (targetRoom === room || rules.imports.includes(targetRoom)) return [];
  if (!rules.types?.includes(targetRoom)) return violation("room", `${room} imports ${target}`);
  return fact.typeOnly ? [] : violation("types_only", `${room} imports values of ${target}`);
}

function mayUsePackage(room: RoomName, name: string): boolean {
  const rules: Room = ROOMS[room];
  if (rules.packages !== undefined && !rules.packages.test(name)) return false;
  const [outer = ""] = room.split("/");
  return RESERVED_PACKAGES.every(
    ({ packages, rooms }) => !packages.test(name) || rooms.includes(outer),
  );
}

/** Adapters may import the contract, the shared readers and their own parts (okx.ts, okx-history-wire.ts). */
function mayMeet(file: string, target: string): boolean {
  const family = familyOf(target);
  return file === REGISTRY || SHARED_BY_ADAPTERS.includes(family) || family === familyOf(file);
}

function familyOf(file: string): string {
  return /^src\/exchanges\/([^-./]+)/.exec(file)?.[1] ?? file;
}

function folderOf(file: string): string {
  return posix.dirname(file);
}

function resolve(file: string, specifier: string): string {
  return posix.join(folderOf(file), specifier);
}

function targetsOf(file: string, facts: SourceFacts): string[] {
  return facts.imports.flatMap(({ specifier }) =>
    specifier?.startsWith(".") ? [resolve(file, specifier)] : [],
  );
}

/** Each import cycle once, including types: two files in a cycle are one file in two parts. */
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
