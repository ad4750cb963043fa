/** Writes the rooms of src into CONTRIBUTING.md and into the linter's rules: `bun scripts/write-rooms.ts`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { importsBetweenRooms } from "../test/support/architecture.ts";
import {
  floorOf,
  hasRooms,
  RESERVED_PACKAGES,
  MAIN_FILE,
  roomNames,
  ROOMS,
  type RoomName,
} from "../test/support/rooms.ts";
import { sourcesOf } from "../test/support/sources.ts";

const ROOT = join(import.meta.dir, "..");
export const CONTRIBUTING = join(ROOT, "CONTRIBUTING.md");
export const LINT_ROOMS = join(ROOT, "oxlint-rooms.json");

const START = "<!-- rooms:start -->";
const END = "<!-- rooms:end -->";

/** Rooms, floors and arrows as text, for CONTRIBUTING.md and for the test's output. */
export function roomsText(files: ReadonlyMap<string, string>): string {
  const arrows = importsBetweenRooms(files);
  const count = arrows.size;
  const floors = Math.max(...roomNames().map((name) => floorOf(name))) + 1;
  const rows = roomNames()
    .toSorted((left, right) => floorOf(left) - floorOf(right))
    .map((name) => {
      const { job, imports, types = [] } = ROOMS[name];
      const below = [...imports, ...types.map((room) => `${room} (types)`)].join(", ") || "nothing";
      return `| ${floorOf(name)} | \`${name}\` | ${job} | ${below} |`;
    });
  return [
    `${roomNames().length} rooms on ${floors} floors, ${count} arrows. A room imports only from floors below its own:`,
    "",
    "| floor | room | job | may import |",
    "| ---: | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

/** `page` with `text` between its two markers. Throws if a marker is missing. */
export function withRooms(page: string, text: string): string {
  const from = page.indexOf(START);
  const to = page.indexOf(END);
  if (from < 0 || to < from)
    throw new Error(`CONTRIBUTING.md must contain ${START} and, after it, ${END}`);
  return `${page.slice(0, from + START.length)}\n\n${text}\n\n${page.slice(to)}`;
}

/** The lint rules for imports, for early feedback in the editor. The architecture test enforces the complete rules. */
export function lintRules(): object {
  const overrides = roomNames().map((name) => ({
    files: filesOf(name),
    rules: { "eslint/no-restricted-imports": ["error", { patterns: patternsOf(name) }] },
  }));
  return { overrides };
}

/** Where the folders of other rooms are: next to the importing file, or above its folder. */
const HERE = "\\./";
const ABOVE = "(\\.\\./)+";
const HERE_OR_ABOVE = "(\\.\\.?/)+";

interface Pattern {
  readonly regex: string;
  readonly message: string;
}

function patternsOf(name: RoomName): readonly Pattern[] {
  const { imports, types = [], packages } = ROOMS[name];
  const allowed = new Set([name, ...imports, ...types]);
  const forbidden = roomNames().filter((other) => other !== "main" && !allowed.has(other));
  const [outer = ""] = name.split("/");
  const regexes = [
    pathsTo(
      forbidden.filter((other) => !other.startsWith(`${outer}/`) && !isPartAllowed(other, allowed)),
      name === "main" ? HERE_OR_ABOVE : ABOVE,
    ),
    pathsTo(
      forbidden.flatMap((other) =>
        other.startsWith(`${outer}/`) ? other.slice(outer.length + 1) : [],
      ),
      hasRooms(name) ? HERE : ABOVE,
    ),
    // Nothing imports the entry point, and only itself the rest of its room.
    `^(\\.\\.?/)+main${name === "main" ? "" : "(/.+)?"}\\.ts$`,
  ];
  const reserved = RESERVED_PACKAGES.filter(({ rooms }) => !rooms.includes(outer));
  return [
    {
      regex: regexes.filter((regex) => regex !== null).join("|"),
      message: `${filesOf(name).join(" and ")} may not import from there: see CONTRIBUTING.md, Rooms.`,
    },
    ...(packages?.source === "^$" ? [{ regex: "^[^.]", message: "No packages here." }] : []),
    ...reserved.map(({ packages: { source }, why }) => ({
      regex: source.replaceAll("\\/", "/"),
      message: why,
    })),
  ];
}

/** A pattern for import paths into one of the rooms; `from` matches the way to their folders. */
function pathsTo(names: readonly string[], from: string): string | null {
  return names.length === 0 ? null : `^${from}(${names.join("|")})/`;
}

/** Whether some of a room's nested rooms are allowed: then only the others are forbidden. */
function isPartAllowed(name: string, allowed: ReadonlySet<string>): boolean {
  return [...allowed].some((room) => room.startsWith(`${name}/`));
}

/** A room with nested rooms has its own files at the top level only. */
function filesOf(name: RoomName): readonly string[] {
  const files = hasRooms(name) ? `src/${name}/*` : `src/${name}/**`;
  return name === "main" ? [MAIN_FILE, files] : [files];
}

if (import.meta.main) {
  const text = roomsText(await sourcesOf());
  writeFileSync(CONTRIBUTING, withRooms(readFileSync(CONTRIBUTING, "utf8"), text));
  writeFileSync(LINT_ROOMS, `${JSON.stringify(lintRules(), null, 2)}\n`);
  // Let the formatter align the table and join short lists.
  Bun.spawnSync([process.execPath, "fmt", CONTRIBUTING, LINT_ROOMS], { cwd: ROOT });
}
