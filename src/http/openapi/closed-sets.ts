import {
  isObject,
  type Json,
  type JsonObject,
  mapObjects,
  mapValues,
  objectOf,
} from "./json-tree.ts";

/** Prepares enums for client generators: null is split off, and each set gets a name. */

/** Better names than those derived from the place: by "<schema>.<field>" or "<operationId>.<parameter>". */
export const SET_NAMES: Readonly<Record<string, string>> = {
  "ArbPair.decision": "Decision",
  "ArbPair.reasons": "Reason",
  "ArbPair.capacity_reason": "CapacityReason",
  "SchedulePayment.leg": "PositionSide",
  "ArbLeg.price_source": "PriceSource",
  "ArbLeg.taker_fee_source": "FeeSource",
  "Instrument.interval_source": "IntervalSource",
  "Instrument.identity": "Identity",
  "Problem.code": "ProblemCode",
  "listExchanges.format": "ListFormat",
  "listExchanges.time": "TimeForm",
  "listExchanges.bom": "Switch",
  "backtestPair.gaps": "GapPolicy",
  "listCumulativeFunding.sort": "CumulativeSort",
  "listFundingHistory.format": "FileFormat",
  "listFundingHistory.kind": "HistoryKind",
  "listFundingRates.order": "SortOrder",
  "listFundingRates.sort": "FundingSort",
  "listExtremes.flag": "AdvisoryFlag",
  "listExtremes.side": "ExtremeSides",
  "Extreme.per": "ExtremePeriod",
  "Instrument.multiplier_source": "MultiplierSource",
  "getFundingHeatmap.sort": "HeatmapSort",
  "listArbitragePairs.pairs": "PairsShown",
  "listArbitragePairs.sort": "PairSort",
};

/**
 * Turns `type: [string, null]` with null in `enum` into `anyOf` the set and null, which every generator understands.
 */
export function withNullSplitOff(document: JsonObject): JsonObject {
  return objectOf(
    mapObjects(document, (object) => {
      const { type, enum: members, ...rest } = object;
      if (!Array.isArray(members) || !members.includes(null)) return object;
      const set = { type: "string", enum: members.filter((member: Json) => member !== null) };
      return Array.isArray(type) ? { anyOf: [set, { type: "null" }], ...rest } : object;
    }),
  );
}

/** Turns each enum into a named schema that its uses refer to, named after the first use. */
export function withNamedSets(document: JsonObject): JsonObject {
  const schemas = objectOf(objectOf(document["components"])["schemas"]);
  const sets = new Map<string, string>();
  const added: Record<string, Json> = {};
  for (const [name, schema] of Object.entries(schemas)) {
    const members = membersOf(schema);
    if (members !== null) sets.set(members, name);
  }
  const nameOf = (members: string, place: string): string => {
    const known = sets.get(members);
    if (known !== undefined) return known;
    const name = SET_NAMES[place] ?? pascalName(place);
    if (name in schemas || name in added)
      throw new Error(`assertion failed: two sets would have the name ${name}`);
    sets.set(members, name);
    added[name] = { type: "string", enum: JSON.parse(members) as Json };
    return name;
  };
  const named = (schema: Json, place: string): Json =>
    mapObjects(schema, (object) => {
      const members = membersOf(object);
      if (members === null) return object;
      const { type: _type, enum: _enum, ...rest } = object;
      return { $ref: `#/components/schemas/${nameOf(members, place)}`, ...rest };
    });
  const inProperties = (schema: Json, owner: string): Json =>
    mapObjects(schema, (object) => {
      const { properties } = object;
      if (!isObject(properties)) return object;
      const inside = mapValues(properties, (value, field) => named(value, `${owner}.${field}`));
      return { ...object, properties: inside };
    });
  const rewritten = mapValues(schemas, inProperties);
  const paths = mapValues(objectOf(document["paths"]), (methods) =>
    mapValues(objectOf(methods), (operation) => withNamedParameters(objectOf(operation), named)),
  );
  const components = {
    ...objectOf(document["components"]),
    schemas: { ...rewritten, ...added },
  };
  return { ...document, paths, components };
}

function withNamedParameters(
  operation: JsonObject,
  named: (schema: Json, place: string) => Json,
): JsonObject {
  const { parameters } = operation;
  if (!Array.isArray(parameters)) return operation;
  const renamed = parameters.map((parameter: Json) => {
    const { name, schema } = objectOf(parameter);
    const place = `${String(operation["operationId"])}.${String(name)}`;
    return { ...objectOf(parameter), schema: named(schema ?? {}, place) };
  });
  return { ...operation, parameters: renamed };
}

/** A set of one is a constant and needs no name. */
const MIN_SET_SIZE = 2;

/** The members of an enum as a key; null if the schema is not an enum. */
function membersOf(schema: Json): string | null {
  const { enum: members, type } = objectOf(schema);
  const isSet = type === "string" && Array.isArray(members) && members.length >= MIN_SET_SIZE;
  return isSet ? JSON.stringify(members) : null;
}

/** "listSentiment.sort" becomes SentimentSort, "Heatmap.rate_source" HeatmapRateSource. */
function pascalName(place: string): string {
  return place
    .replace(/^(list|get)(?=[A-Z])/, "")
    .split(/[._]/)
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join("");
}
