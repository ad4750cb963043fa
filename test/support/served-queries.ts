import fc from "fast-check";
import { ORDERED, ROUNDED } from "../../src/http/openapi/params.ts";
import { plainDocument } from "./plain-document.ts";

/** Queries of every address of the served document, made up from its description of their parameters. */

interface ValueSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly $ref?: string;
  readonly items?: ValueSchema;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly example?: unknown;
}

interface ServedParameter {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly schema: ValueSchema;
}

export interface ServedAddress {
  /** With a value for each name in the template. */
  readonly path: string;
  /** A value for each required parameter: `name=value&` of each. */
  readonly required: string;
  readonly parameters: readonly ServedParameter[];
}

interface ServedDocument {
  readonly paths: Readonly<
    Record<string, { readonly get?: { readonly parameters?: readonly ServedParameter[] } }>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, ValueSchema>> };
}

const document: ServedDocument = JSON.parse(await plainDocument());

/** Values for the names in a path. */
const PATH_VALUES: Readonly<Record<string, string>> = {
  base: "BTC",
  exchange: "xt",
  exchange_symbol: "BTCUSDT",
};

/** Values for required parameters; the markets of lists.ts always have these instruments. */
export const REQUIRED_VALUES: Readonly<Record<string, string>> = {
  uid: "xt:BTCUSDT:1",
  side: "short",
  long: "xt:BTCUSDT:1",
  short: "xt:BTCUSDC:1",
  exchange: "xt",
};

/** Parameters of which one is given, by path, the first of them: without any the answer is about one asset alone. */
export const ONE_OF: Readonly<Record<string, readonly [string, ...string[]]>> = {
  "/api/funding/forecast-error": ["exchange", "base", "asset_id"],
};

/** Every path of the document, filled in, with the required parameters. */
export const EVERY_PATH: readonly string[] = Object.entries(document.paths).map(
  ([template, { get }]) => {
    const required = (get?.parameters ?? []).filter((parameter) => isNeeded(template, parameter));
    const query = new URLSearchParams(
      required.map(({ name }): [string, string] => [name, requiredValue(name)]),
    );
    return `${filledIn(template)}?${query}`;
  },
);

/** Operations that take query parameters, and respond without an exchange behind the board. */
export const ADDRESSES: readonly ServedAddress[] = Object.entries(document.paths).flatMap(
  ([template, { get }]): ServedAddress[] => {
    const parameters = (get?.parameters ?? []).filter((parameter) => parameter.in === "query");
    if (parameters.length === 0) return [];
    const path = filledIn(template);
    const required = parameters.flatMap((parameter) =>
      isNeeded(template, parameter)
        ? [`${new URLSearchParams({ [parameter.name]: requiredValue(parameter.name) })}&`]
        : [],
    );
    return [{ path, required: required.join(""), parameters }];
  },
);

/** Whether a request without this query parameter may be refused. */
function isNeeded(path: string, { name, in: place, required }: ServedParameter): boolean {
  return place === "query" && (required === true || ONE_OF[path]?.[0] === name);
}

function filledIn(template: string): string {
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => PATH_VALUES[name] ?? name);
}

function requiredValue(name: string): string {
  const value = REQUIRED_VALUES[name];
  if (value === undefined) throw new Error(`REQUIRED_VALUES lacks ${name}`);
  return value;
}

/** One parameter as in an address: each text is `name=text`, several if the name is repeated. */
type Spelling = readonly string[];

/** A value in two equivalent spellings. */
export type SpelledTwice = readonly [Spelling, Spelling];

/** Members of lists with an open set. The two of each are equivalent. */
const OPEN_MEMBERS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  base: [
    ["BTC", "xbt"],
    ["ETH", "eth"],
    ["PEPE", "Pepe"],
    ["NOSUCH", "nosuch"],
    ["BTCUSDT", "BTCusdt"],
  ],
  asset_id: [
    ["BTC", "xbt"],
    ["PEPE", "pepe"],
    ["NOSUCH~2", "nosuch~2"],
  ],
  uid: [
    ["xt:BTCUSDT:1", "xt:BTCUSDT:1"],
    ["okx:NOSUCH:1", "okx:NOSUCH:1"],
  ],
  quote: [
    ["USDT", "usdt"],
    ["USDC", "Usdc"],
  ],
  fees: [
    ["okx:3.25", "okx:3.250"],
    ["bybit:5", "bybit:5e0"],
    ["gate:0.0000001", "gate:1e-7"],
    ["all:4", "all:4.0"],
  ],
};

/** Texts that are not members of a list. The two of each are equivalent. */
const TEXTS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  q: [
    ["BTC", "btc"],
    ["usd", "USD"],
    ["NOSUCH", "nosuch"],
  ],
  // Snapshots that are not retained.
  since: [
    ["0-0", "0-0"],
    ["0-1", "0-1"],
  ],
  // Up to the time of the tests' clock.
  as_of: [
    ["1793620800", "2026-11-02T12:00:00Z"],
    ["1793606399", "2026-11-02T09:59:59+02:00"],
  ],
  _: [["1", "2"]],
  uid: [["xt:BTCUSDT:1", "xt:BTCUSDT"]],
  long: [["xt:BTCUSDT:1", "xt:BTCUSDT"]],
  short: [["xt:BTCUSDC:1", "xt:btcusdc"]],
};

/** Each parameter of a random choice, in two spellings; including format and limit, never a cursor. */
export function queries(address: ServedAddress): fc.Arbitrary<Record<string, SpelledTwice>> {
  const spelled = address.parameters.filter(({ name }) => name !== "cursor");
  const model = Object.fromEntries(
    spelled.map((parameter) => [parameter.name, spelledTwice(parameter)]),
  );
  return fc
    .record(model, {
      requiredKeys: spelled.flatMap((one) => (isNeeded(address.path, one) ? [one.name] : [])),
    })
    .map((chosen) =>
      Object.fromEntries(
        Object.entries(chosen).flatMap(([name, spellings]) =>
          spellings === undefined ? [] : [[name, spellings]],
        ),
      ),
    )
    .map(askable);
}

/** What may not be requested together, the first wins. Long schedules are refused. */
const APART: readonly (readonly [string, string])[] = [
  ["notional", "capital"],
  ["hold_hours", "schedule"],
  ["as_of", "since"],
];

/** Values that are refused together with another parameter. */
const REFUSED: readonly (readonly [string, string, string])[] = [
  ["weighting", "resolution", "raw"],
];

/** The ends of ranges: the first may not be greater than the second. */
const RANGES: readonly (readonly [string, string])[] = [
  ["from", "to"],
  ["leave_under", "enter_over"],
];

/** Times around the markets' own, 1,793,620,800: some ranges may not be longer than a month. */
const TIMES = { min: 1_792_000_000, max: 1_794_000_000 } as const;
const TIME_NAMES: readonly string[] = ["from", "to"];

/** The first means nothing without the second. */
const NEEDED: readonly (readonly [string, string])[] = [["leave_under", "enter_over"]];

type Query = Readonly<Record<string, SpelledTwice>>;

/** Without what may not be requested together, and with the ends of ranges in order. */
export function askable(query: Query): Record<string, SpelledTwice> {
  const refused = [
    ...NEEDED.flatMap(([name, needed]) => (needed in query ? [] : [name])),
    // Nothing can be held in an empty range.
    ...(query["from"]?.[0][0] === query["to"]?.[0][0] ? ["to"] : []),
    ...APART.flatMap(([kept, other]) => (kept in query ? [other] : [])),
    ...REFUSED.flatMap(([kept, other, value]) =>
      kept in query && query[other]?.[0][0] === value ? [other] : [],
    ),
  ];
  const reversed = RANGES.flatMap(([first, last]): [string, SpelledTwice][] => {
    const [from, to] = [query[first], query[last]];
    if (from === undefined || to === undefined || Number(from[0][0]) <= Number(to[0][0])) return [];
    return [
      [first, to],
      [last, from],
    ];
  });
  const allowed = Object.entries(query).filter(([name]) => !refused.includes(name));
  return Object.fromEntries([...allowed, ...reversed]);
}

function spelledTwice({ name, schema, description }: ServedParameter): fc.Arbitrary<SpelledTwice> {
  if (schema.type === "array" && description?.includes(ORDERED) === true)
    return orderedLists(schema.example);
  if (schema.type === "array") return lists(name, schema.items ?? {});
  if (schema.enum !== undefined)
    return fc
      .constantFrom(...schema.enum)
      .map((text): SpelledTwice => [[text], [text.toUpperCase()]]);
  const texts = TEXTS[name];
  if (texts !== undefined)
    return fc.constantFrom(...texts).map(([one, other]): SpelledTwice => [[one], [other]]);
  const isRounded = description?.includes(ROUNDED) === true;
  return numbersIn(name, schema).map((value): SpelledTwice => {
    const isWhole = schema.type === "integer";
    const other = isRounded ? closeTo(value, isWhole) : value;
    return [[String(value)], [isWhole ? String(other) : other.toExponential()]];
  });
}

/** Another number that rounds to the same three digits. */
function closeTo(value: number, isWhole: boolean): number {
  const rounded = Number(value.toPrecision(3));
  const other = rounded * 0.999_99;
  return isWhole ? Math.round(other) : other;
}

/** Small markets: what is requested must sometimes exist. */
function numbersIn(name: string, schema: ValueSchema): fc.Arbitrary<number> {
  if (TIME_NAMES.includes(name)) return fc.integer(TIMES);
  const max = Math.min(schema.maximum ?? 1e12, name === "limit" ? 5 : 1e12);
  const min = schema.exclusiveMinimum ?? schema.minimum ?? 0;
  if (schema.type === "integer") return fc.integer({ min, max: Math.min(max, 2_000_000_000) });
  const small = fc.double({ min, max: Math.min(max, 200), minExcluded: true, noNaN: true });
  return fc.oneof(small, fc.double({ min, max, minExcluded: true, noNaN: true }));
}

function lists(name: string, items: ValueSchema): fc.Arbitrary<SpelledTwice> {
  const set = items.$ref === undefined ? items : document.components.schemas[schemaName(items)];
  const members: readonly (readonly [string, string])[] =
    set?.type === "integer"
      ? ["1", "4", "8"].map((text) => [text, text])
      : (set?.enum?.map((text) => [text, text.toUpperCase()]) ?? OPEN_MEMBERS[name] ?? []);
  if (members.length === 0) throw new Error(`OPEN_MEMBERS lacks ${name}`);
  // A fee may be named once; other members may occur repeatedly.
  const again = name === "fees" ? fc.constant(false) : fc.boolean();
  return fc
    .tuple(fc.uniqueArray(fc.constantFrom(...members), { minLength: 1, maxLength: 6 }), again)
    .map(([chosen, isRepeated]): SpelledTwice => {
      const turned = chosen.map(([, other]) => other).toReversed();
      return [
        [chosen.map(([text]) => text).join(",")],
        isRepeated ? [...turned, turned.join(",")] : turned,
      ];
    });
}

/** Some members of the example, in any order, as part of the query. */
function orderedLists(example: unknown): fc.Arbitrary<SpelledTwice> {
  if (!Array.isArray(example)) throw new Error("a list without an example");
  return fc
    .shuffledSubarray(example.map(String), { minLength: 1 })
    .map((chosen): SpelledTwice => [[chosen.join(",")], [chosen.join(", ")]]);
}

function schemaName({ $ref = "" }: ValueSchema): string {
  return $ref.slice($ref.lastIndexOf("/") + 1);
}

/** The address of a query in one of the two spellings; the second has the parameters in the other order. */
export function targetOf(
  path: string,
  query: Readonly<Record<string, SpelledTwice>>,
  spelling: 0 | 1,
): string {
  const pairs = Object.entries(query).flatMap(([name, spellings]) =>
    spellings[spelling].map((text): [string, string] => [name, text]),
  );
  return `${path}?${new URLSearchParams(spelling === 0 ? pairs : pairs.toReversed())}`;
}
