/** What a parameter is once it is read. A map is written as `key:value`, like the fees of exchanges. */
type Value =
  string | number | null | undefined | readonly (string | number)[] | ReadonlyMap<string, number>;

/** The parameters of a request as they were read: lists sorted, defaults filled in. */
export type ReadParams = Readonly<Record<string, Value>>;

/**
 * One spelling for all queries that are read alike: by name, each parameter once, without those that are not set.
 * It is a query of an address itself: read again it is the same parameters.
 */
export function canonicalQuery(params: ReadParams): string {
  const query = new URLSearchParams();
  for (const name of Object.keys(params).toSorted()) {
    const text = textOf(params[name]);
    if (text !== null) query.append(name, text);
  }
  return query.toString();
}

function textOf(value: Value): string | null {
  if (value === null || value === undefined) return null;
  if (!(value instanceof Map)) return String(value);
  return value.size === 0 ? null : [...value].map(([key, of]) => `${key}:${of}`).join(",");
}
