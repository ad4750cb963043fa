/** The rooms of src: what each is for and what it may import. Everything else is derived from this table. */

export interface Room {
  readonly job: string;
  /** Rooms it may import, besides itself. A permission that no file uses fails a test. */
  readonly imports: readonly RoomName[];
  /** Rooms from which it may import types only. */
  readonly types?: readonly RoomName[];
  /** The only packages it may import; absent: any that RESERVED_PACKAGES does not reserve for other rooms. */
  readonly packages?: RegExp;
}

/** What comes with the runtime: node:fs, bun, bun:ffi. */
const BUILTIN = /^(node:|bun$|bun:)/;
const NOTHING = /^$/;

const ROOM_NAMES = [
  "lib",
  "domain",
  "exchanges",
  "db",
  "db/market",
  "db/accounts",
  "db/history",
  "gateways",
  "config",
  "collector",
  "services/board",
  "services/finder",
  "services/history",
  "services/operations",
  "reader",
  "web",
  "http/protocol",
  "http/openapi",
  "http/answers",
  "http/lists",
  "http/stream",
  "http/metrics",
  "http/api",
  "http/pages",
  "http",
  "cli",
  "simulator",
  "main",
] as const;
export type RoomName = (typeof ROOM_NAMES)[number];

/** Which room may import which. A folder that is not listed here is not a room. */
export const ROOMS: Readonly<Record<RoomName, Room>> = {
  lib: { job: "general-purpose tools, nothing about finance", imports: [] },
  domain: {
    job: "pure rules and arithmetic: no clock, no packages",
    imports: [],
    packages: NOTHING,
  },
  exchanges: {
    job: "one adapter per exchange, independent of the others; the registry lists them all",
    imports: ["lib", "domain"],
    packages: /^zod$/,
  },
  db: {
    job: "SQLite: opening, migrating, locking, waiting; knows no tables",
    imports: ["lib"],
  },
  "db/market": {
    job: "the market's file: its tables and repositories, synchronous",
    imports: ["db", "domain"],
  },
  "db/accounts": {
    job: "the accounts' file: its tables and repositories, asynchronous",
    imports: ["db"],
  },
  "db/history": {
    job: "the history's file: samples and settlements, its tables and repositories, synchronous",
    imports: ["db", "domain"],
  },
  gateways: { job: "outbound calls to third parties: Telegram, the heartbeat", imports: ["lib"] },
  config: {
    job: "settings and the operator's files, passed on as values",
    imports: ["lib", "domain"],
    packages: new RegExp(`^zod$|${BUILTIN.source}`),
  },
  collector: {
    job: "the worker thread that fetches from exchanges and writes the market",
    imports: ["lib", "domain", "exchanges", "db", "db/market", "db/history"],
  },
  "services/board": {
    job: "the read model: snapshots of all rows, health, readiness",
    imports: ["exchanges", "lib", "domain"],
    types: ["db/market"],
  },
  "services/finder": {
    job: "queries on a snapshot: lists, pairs, sentiment, heatmap, calendar",
    imports: ["lib", "domain"],
    types: ["db/market"],
  },
  "services/history": {
    job: "queries on the past: what was charged, accrued, missing; pure computations",
    imports: ["services/board", "lib", "domain"],
    types: ["db/history"],
  },
  "services/operations": {
    job: "keeping the service running: health alerts, heartbeat, watchdog, shutdown",
    imports: ["services/board", "lib", "domain"],
    types: ["db/accounts", "gateways"],
  },
  reader: {
    job: "the worker thread that reads the history, and its client on the main thread",
    imports: ["services/history", "db", "db/history", "lib", "domain"],
  },
  web: {
    job: "page components and static files",
    imports: ["services/finder", "domain"],
  },
  "http/protocol": {
    job: "HTTP itself: addresses, headers, negotiation, problems, socket limits",
    imports: ["lib", "domain"],
  },
  "http/openapi": {
    job: "parameters and schemas shared by routes, and the OpenAPI document",
    imports: ["http/protocol", "services/board", "services/history", "lib", "domain"],
  },
  "http/answers": {
    job: "answers as bytes: built once per snapshot, cached, compressed, counted",
    imports: ["http/protocol", "services/board", "lib", "domain"],
  },
  "http/lists": {
    job: "shared by lists: rows, filters, cursors, columns, formats",
    imports: [
      "http/answers",
      "http/openapi",
      "http/protocol",
      "services/board",
      "services/finder",
      "services/history",
      "lib",
      "domain",
    ],
  },
  "http/stream": {
    job: "server-sent events",
    imports: [
      "http/lists",
      "http/answers",
      "http/openapi",
      "http/protocol",
      "services/board",
      "services/finder",
      "lib",
      "domain",
    ],
  },
  "http/metrics": {
    job: "the Prometheus text",
    imports: ["http/stream", "services/board", "services/finder", "lib", "domain"],
  },
  "http/api": {
    job: "one folder per resource, independent of the others: its routes and the schemas that only it uses",
    imports: [
      "http/metrics",
      "http/lists",
      "http/answers",
      "http/openapi",
      "http/protocol",
      "services/board",
      "services/finder",
      "services/history",
      "lib",
      "domain",
    ],
  },
  "http/pages": {
    job: "routes of the pages and documents, and their view models",
    imports: [
      "web",
      "http/answers",
      "http/openapi",
      "http/protocol",
      "services/board",
      "services/finder",
      "services/history",
      "lib",
      "domain",
    ],
  },
  http: {
    job: "the app as one function from Request to Response, and the server that calls it",
    imports: [
      "http/api",
      "http/stream",
      "http/metrics",
      "http/pages",
      "http/lists",
      "http/answers",
      "http/protocol",
      "services/board",
      "services/finder",
      "services/history",
      "lib",
      "domain",
    ],
  },
  cli: {
    job: "the operator's commands, one file each",
    imports: [
      "config",
      "collector",
      "http/lists",
      "services/board",
      "exchanges",
      "db",
      "db/market",
      "lib",
      "domain",
    ],
  },
  simulator: {
    job: "every exchange's wire format on loopback; it tests the adapters, so it shares nothing with them",
    imports: ["lib"],
    packages: BUILTIN,
  },
  main: {
    job: "the service: wires everything together, starts it, shuts it down on a signal",
    imports: [
      "config",
      "collector",
      "reader",
      "services/board",
      "services/finder",
      "services/history",
      "services/operations",
      "http",
      "http/stream",
      "http/metrics",
      "gateways",
      "db",
      "db/market",
      "db/accounts",
      "db/history",
      "lib",
      "domain",
    ],
  },
};

/** Packages reserved for some rooms and the rooms nested in them. */
export const RESERVED_PACKAGES: readonly {
  packages: RegExp;
  rooms: readonly string[];
  why: string;
}[] = [
  {
    packages: /^(drizzle-orm|drizzle-kit)(\/|$)|^(bun|node):sqlite$/,
    rooms: ["db"],
    why: "SQL lives in src/db.",
  },
  {
    packages: /^(hono|@hono\/[^/]+)(\/|$)/,
    rooms: ["http", "web"],
    why: "HTTP lives in src/http and src/web.",
  },
];

/** The entry point, which belongs to the room main like the files of src/main. */
export const MAIN_FILE = "src/main.ts";

/** The room of a file: http/lists for "src/http/lists/cursor.ts", main for "src/main.ts"; null if it is in none. */
export function roomOf(path: string): RoomName | null {
  const [top, ...folders] = path.split("/").slice(0, -1);
  if (top !== "src") return null;
  if (folders.length === 0) return path === MAIN_FILE ? "main" : null;
  const [first = "", second] = folders;
  const inner = known(`${first}/${second ?? ""}`);
  if (inner !== null) return inner;
  const outer = known(first);
  // A room with nested rooms has no other subfolders.
  return outer !== null && second !== undefined && hasRooms(first) ? null : outer;
}

/** 0 for a room that imports no other; otherwise one above the highest room that it imports. */
export function floorOf(name: RoomName): number {
  const { imports, types = [] } = ROOMS[name];
  return Math.max(-1, ...[...imports, ...types].map((below) => floorOf(below))) + 1;
}

export function roomNames(): readonly RoomName[] {
  return ROOM_NAMES;
}

/** Whether other rooms are nested in this one. */
export function hasRooms(name: string): boolean {
  return ROOM_NAMES.some((other) => other.startsWith(`${name}/`));
}

function known(name: string): RoomName | null {
  return ROOM_NAMES.find((candidate) => candidate === name) ?? null;
}
