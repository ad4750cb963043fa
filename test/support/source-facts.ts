import { parseSync, visitorKeys } from "oxc-parser";

/** One import, re-export, `import()` or `import("…")` type of a file. */
export interface ImportFact {
  /** As written; null if it is computed at run time. */
  readonly specifier: string | null;
  /** Erased by the compiler: `import type`, `export type`, `import("…")` in a type. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** What only one file of the program may touch. */
export type Effect = "env" | "fetch" | "time";

export interface EffectFact {
  readonly effect: Effect;
  /** As a reader would write it: "process.env", "new Date()". */
  readonly text: string;
  readonly line: number;
}

export interface SourceFacts {
  readonly imports: readonly ImportFact[];
  readonly effects: readonly EffectFact[];
}

interface AstNode {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

/** Global names, without a leading `globalThis.`, that are an effect in themselves. */
const EFFECT_OF_NAME: Readonly<Record<string, Effect>> = {
  "process.env": "env",
  "Bun.env": "env",
  "import.meta.env": "env",
  fetch: "fetch",
  "Bun.fetch": "fetch",
  "Date.now": "time",
  "performance.now": "time",
  "performance.timeOrigin": "time",
  "process.hrtime": "time",
  "process.uptime": "time",
  "Bun.nanoseconds": "time",
  "Temporal.Now": "time",
};

/** Modules whose named imports are the members of a global. */
const GLOBAL_OF_MODULE: Readonly<Record<string, string>> = {
  process: "process",
  "node:process": "process",
  bun: "Bun",
  perf_hooks: "performance",
  "node:perf_hooks": "performance",
};

/** Modules that reach the network without fetch. */
const NETWORK_MODULES = /^(node:)?(https?|http2|net|tls|dgram)$|^undici$/;
/** What those modules also offer: arithmetic on addresses. */
const ADDRESS_ARITHMETIC = ["isIP", "isIPv4", "isIPv6", "BlockList", "SocketAddress"];

/** Keys where a name is only a name: `{ fetch: handler }`, `app.fetch`, `fetch(request) {}`. */
const NAME_POSITIONS: Readonly<Record<string, string>> = {
  MemberExpression: "property",
  Property: "key",
  MethodDefinition: "key",
  PropertyDefinition: "key",
  AccessorProperty: "key",
  TSAbstractMethodDefinition: "key",
  TSPropertySignature: "key",
  TSMethodSignature: "key",
  TSTypeQuery: "exprName",
  TSQualifiedName: "right",
  ImportSpecifier: "imported",
  ExportSpecifier: "exported",
};

/**
 * Reads what a TypeScript file imports and which effects it uses, from its syntax tree, so that comments, strings and
 * members of other objects never count. Throws if the file does not parse.
 */
export function sourceFacts(path: string, source: string): SourceFacts {
  const parsed = parseSync(path, source);
  const [error] = parsed.errors;
  if (error !== undefined) throw new Error(`${path} does not parse: ${error.message}`);
  const facts = { imports: [] as ImportFact[], effects: [] as EffectFact[] };
  const lineOf = (node: AstNode): number => source.slice(0, node.start).split("\n").length;
  walk(toNode(parsed.program), null, "", (node, parent, key) => {
    for (const { specifier, typeOnly } of importsAt(node)) {
      facts.imports.push({ specifier, typeOnly, line: lineOf(node) });
    }
    for (const { effect, text } of effectsAt(node, parent, key)) {
      facts.effects.push({ effect, text, line: lineOf(node) });
    }
  });
  return facts;
}

type Visit = (node: AstNode, parent: AstNode | null, key: string) => void;

function walk(node: AstNode, parent: AstNode | null, key: string, visit: Visit): void {
  visit(node, parent, key);
  for (const childKey of visitorKeys[node.type] ?? []) {
    const value = node[childKey];
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, node, childKey, visit);
    }
  }
}

function importsAt(node: AstNode): { specifier: string | null; typeOnly: boolean }[] {
  switch (node.type) {
    case "ImportDeclaration":
      return [{ specifier: literal(node["source"]), typeOnly: node["importKind"] === "type" }];
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      if (!isNode(node["source"])) return [];
      return [{ specifier: literal(node["source"]), typeOnly: node["exportKind"] === "type" }];
    case "ImportExpression":
      return [{ specifier: literal(node["source"]), typeOnly: false }];
    case "TSImportType":
      return [{ specifier: literal(node["source"]), typeOnly: true }];
    case "CallExpression": {
      if (dottedName(node["callee"]) !== "require" || !Array.isArray(node["arguments"])) return [];
      return [{ specifier: literal(node["arguments"][0]), typeOnly: false }];
    }
  }
  return [];
}

function effectsAt(
  node: AstNode,
  parent: AstNode | null,
  key: string,
): { effect: Effect; text: string }[] {
  switch (node.type) {
    case "Identifier":
      return isOnlyAName(parent, key) ? [] : named(dottedName(node));
    case "MemberExpression":
      return named(dottedName(node));
    case "VariableDeclarator":
      return keysOf(node["id"]).flatMap((name) => named(join(dottedName(node["init"]), name)));
    case "ImportDeclaration":
      return importedEffects(node);
    case "NewExpression":
      return isBareDate(node) ? [{ effect: "time", text: "new Date()" }] : [];
    case "CallExpression":
      return dottedName(node["callee"]) === "Date" ? [{ effect: "time", text: "Date()" }] : [];
  }
  return [];
}

function importedEffects(node: AstNode): { effect: Effect; text: string }[] {
  const specifier = literal(node["source"]) ?? "";
  if (node["importKind"] === "type") return [];
  const names = importedNames(node);
  if (NETWORK_MODULES.test(specifier)) {
    const harmless = names.every((name) => ADDRESS_ARITHMETIC.includes(name ?? ""));
    return harmless ? [] : [{ effect: "fetch", text: specifier }];
  }
  const global = GLOBAL_OF_MODULE[specifier] ?? null;
  return names.flatMap((name) => named(join(global, name)));
}

/** `a` and `b` of `import { a, b as c }`; null for a default or a namespace. */
function importedNames(node: AstNode): (string | null)[] {
  const specifiers: unknown = node["specifiers"];
  if (!Array.isArray(specifiers)) return [];
  return specifiers.map((item: unknown) => (isNode(item) ? nameOf(item["imported"]) : null));
}

function named(name: string | null): { effect: Effect; text: string }[] {
  const effect =
    name !== null && Object.hasOwn(EFFECT_OF_NAME, name) ? EFFECT_OF_NAME[name] : undefined;
  return name === null || effect === undefined ? [] : [{ effect, text: name }];
}

function isOnlyAName(parent: AstNode | null, key: string): boolean {
  if (parent === null || NAME_POSITIONS[parent.type] !== key) return false;
  return parent["computed"] !== true;
}

function isBareDate(node: AstNode): boolean {
  const args = node["arguments"];
  return dottedName(node["callee"]) === "Date" && Array.isArray(args) && args.length === 0;
}

/** "process.env" for that expression, without `globalThis.`, with ["env"] read as .env; null for all others. */
function dottedName(value: unknown): string | null {
  if (!isNode(value)) return null;
  if (value.type === "ChainExpression") return dottedName(value["expression"]);
  if (value.type === "Identifier") return nameOf(value);
  if (value.type === "MetaProperty") return "import.meta";
  if (value.type !== "MemberExpression") return null;
  const property =
    value["computed"] === true ? literal(value["property"]) : nameOf(value["property"]);
  return join(dottedName(value["object"]), property);
}

function join(left: string | null, right: string | null): string | null {
  if (left === null || right === null) return null;
  return left === "globalThis" || left === "self" ? right : `${left}.${right}`;
}

/** The keys that an object pattern destructures: `env` of `const { env } = process`. */
function keysOf(pattern: unknown): string[] {
  if (!isNode(pattern) || pattern.type !== "ObjectPattern") return [];
  const properties: unknown = pattern["properties"];
  if (!Array.isArray(properties)) return [];
  return properties.flatMap((property: unknown) => {
    const name = isNode(property) ? nameOf(property["key"]) : null;
    return name === null ? [] : [name];
  });
}

function nameOf(value: unknown): string | null {
  return isNode(value) && typeof value["name"] === "string" ? value["name"] : null;
}

function literal(value: unknown): string | null {
  if (!isNode(value) || value.type !== "Literal") return null;
  return typeof value["value"] === "string" ? value["value"] : null;
}

function isNode(value: unknown): value is AstNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

function toNode(value: unknown): AstNode {
  if (!isNode(value)) throw new Error("the parser returned no syntax tree");
  return value;
}
