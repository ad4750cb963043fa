/** A parsed parameter. A map is written as `key:value`, like the fees of exchanges. */
type Value =
  string | number | null | undefined | readonly (string | number)[] | ReadonlyMap<string, number>;

/** The parsed parameters of a request: lists sorted, defaults filled in. */
export type ReadParams = Readonly<Record<string, Value>>;

/**
 * One spelling for all equivalent queries: sorted by name, each parameter once, unset ones omitted. It is a valid query
 * itself and parses to the same parameters.
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
