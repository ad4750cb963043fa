/** The rooms of src: what each is for and what it may import. The one place where that is said. */

export interface Room {
  readonly job: string;
  /** Rooms it may import, besides itself. A right that no file uses is taken away: a test finds it. */
  readonly imports: readonly RoomName[];
  /** Rooms of which it may know the types alone. */
  readonly types?: readonly RoomName[];
  /** The only packages it may import; absent: any that KEPT_PACKAGES does not keep for others. */
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
  "gateways",
  "config",
  "collector",
  "services/board",
  "services/finder",
  "services/operations",
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

/** Who may import whom. A room that is not listed here does not exist. */
export const ROOMS: Readonly<Record<RoomName, Room>> = {
  lib: { job: "tools without a word of finance", imports: [] },
  domain: {
    job: "rules and arithmetic, pure: no clock, no package",
    imports: [],
    packages: NOTHING,
  },
  exchanges: {
    job: "one adapter per exchange, which knows no other; the registry knows all",
    imports: ["lib", "domain"],
    packages: /^zod$/,
  },
  db: {
    job: "SQLite: opening, migrating, locking, waiting; it knows no table",
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
  gateways: { job: "outbound third parties: Telegram, the heartbeat", imports: ["lib"] },
  config: {
    job: "settings and the operator's files; they travel as values",
    imports: ["lib", "domain"],
    packages: new RegExp(`^zod$|${BUILTIN.source}`),
  },
  collector: {
    job: "the worker thread that asks exchanges and writes the market",
    imports: ["lib", "domain", "exchanges", "db", "db/market"],
  },
  "services/board": {
    job: "the read model: snapshots of all rows, health, readiness",
    imports: ["exchanges", "lib", "domain"],
    types: ["db/market"],
  },
  "services/finder": {
    job: "what is asked of a snapshot: lists, pairs, sentiment, heatmap, calendar",
    imports: ["lib", "domain"],
    types: ["db/market"],
  },
  "services/operations": {
    job: "what keeps the service well: alerts on health, heartbeat, watchdog, the end",
    imports: ["services/board", "lib", "domain"],
    types: ["db/accounts", "gateways"],
  },
  web: {
    job: "the pages' components and static files",
    imports: ["services/finder", "domain"],
  },
  "http/protocol": {
    job: "HTTP itself: addresses, headers, negotiation, problems, limits of a socket",
    imports: ["lib", "domain"],
  },
  "http/openapi": {
    job: "parameters and schemas that routes share, and the document",
    imports: ["http/protocol", "services/board", "domain"],
  },
  "http/answers": {
    job: "bytes of an answer: made once per snapshot, kept, compressed, counted",
    imports: ["http/protocol", "services/board", "lib", "domain"],
  },
  "http/lists": {
    job: "what lists share: rows, filters, cursors, columns, formats",
    imports: [
      "http/answers",
      "http/openapi",
      "http/protocol",
      "services/board",
      "services/finder",
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
    imports: ["http/stream", "services/board", "lib", "domain"],
  },
  "http/api": {
    job: "a folder per resource, which knows no other: its schema and its routes",
    imports: [
      "http/metrics",
      "http/lists",
      "http/answers",
      "http/openapi",
      "http/protocol",
      "services/board",
      "services/finder",
      "domain",
    ],
  },
  "http/pages": {
    job: "routes of pages and documents, and their view models",
    imports: [
      "web",
      "http/answers",
      "http/openapi",
      "http/protocol",
      "services/board",
      "services/finder",
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
      "http/answers",
      "http/protocol",
      "services/board",
      "services/finder",
      "lib",
      "domain",
    ],
  },
  cli: {
    job: "the operator's commands, a file each",
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
    job: "the service: puts all together, starts it, ends it on a signal",
    imports: [
      "config",
      "collector",
      "services/board",
      "services/finder",
      "services/operations",
      "http",
      "http/stream",
      "http/metrics",
      "gateways",
      "exchanges",
      "db",
      "db/market",
      "db/accounts",
      "lib",
      "domain",
    ],
  },
};

/** Packages that belong to some rooms and what lies in them. */
export const KEPT_PACKAGES: readonly { packages: RegExp; rooms: readonly string[]; why: string }[] =
  [
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

/** The room of "src/http/lists/cursor.ts" is http/lists, of "src/main.ts" main; null where there is none. */
export function roomOf(path: string): RoomName | null {
  const [top, ...folders] = path.split("/").slice(0, -1);
  if (top !== "src") return null;
  if (folders.length === 0) return path === "src/main.ts" ? "main" : null;
  const [first = "", second] = folders;
  const inner = known(`${first}/${second ?? ""}`);
  if (inner !== null) return inner;
  const outer = known(first);
  // A room with rooms in it has no folders of its own besides them.
  return outer !== null && second !== undefined && hasRooms(first) ? null : outer;
}

/** The rooms below which nothing imports: 0 for lib; each other stands one above the highest that it imports. */
export function floorOf(name: RoomName): number {
  const { imports, types = [] } = ROOMS[name];
  return Math.max(-1, ...[...imports, ...types].map((below) => floorOf(below))) + 1;
}

export function roomNames(): readonly RoomName[] {
  return ROOM_NAMES;
}

/** Whether rooms lie inside this one. */
export function hasRooms(name: string): boolean {
  return ROOM_NAMES.some((other) => other.startsWith(`${name}/`));
}

function known(name: string): RoomName | null {
  return ROOM_NAMES.find((candidate) => candidate === name && name !== "main") ?? null;
}
