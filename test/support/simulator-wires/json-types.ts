import { objectOf } from "../simulator.ts";

/** No row nests deeper than this. */
const MAX_DEPTH = 6;

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** The JSON types at each place of some rows, by path; the places of a positional row are its keys. */
function typesOf(rows: readonly unknown[]): Map<string, Set<string>> {
  const types = new Map<string, Set<string>>();
  const visit = (value: unknown, path: string, depth: number): void => {
    for (const [key, inner] of Object.entries(objectOf(value))) {
      const place = `${path}.${key}`;
      types.set(place, (types.get(place) ?? new Set()).add(typeOf(inner)));
      if (typeof inner === "object" && depth < MAX_DEPTH) visit(inner, place, depth + 1);
    }
  };
  for (const row of rows) visit(row, "", 0);
  return types;
}

/** Places that are served in another type than recorded. A null says nothing about the type. */
export function typeClashes(
  recorded: readonly unknown[],
  served: readonly unknown[],
): readonly string[] {
  const servedTypes = typesOf(served);
  return [...typesOf(recorded)].flatMap(([place, known]) => {
    const wanted = [...known].filter((type) => type !== "null");
    const types = [...(servedTypes.get(place) ?? [])].filter((type) => type !== "null");
    if (wanted.length === 0 || types.every((type) => wanted.includes(type))) return [];
    return [`${place}: ${types.join(" or ")} instead of ${wanted.join(" or ")}`];
  });
}
