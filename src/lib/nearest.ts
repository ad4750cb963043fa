/** Names that differ by more than this share of the longer one are unrelated. */
const MAX_DISTANCE_SHARE = 0.4;

/** No name of ours is longer; a longer text is not a typo of one. */
const MAX_LENGTH = 64;

/** Shorter prefixes match too many names. */
const MIN_PREFIX_LENGTH = 3;

/**
 * The name that was probably meant by an unknown one: the one with the fewest typos (of several, one with the same
 * letters: BCT is BTC, not ACT), else the shortest that is a prefix of it or has it as a prefix (`gross` for
 * `gross_apr_pct`). Null if none is near. Case-insensitive.
 */
export function nearestName(text: string, names: readonly string[]): string | null {
  if (text.length > MAX_LENGTH) return null;
  return byTypos(text, names) ?? byPrefix(text.toLowerCase(), names);
}

function byPrefix(asked: string, names: readonly string[]): string | null {
  let nearest: string | null = null;
  for (const name of names) {
    const known = name.toLowerCase();
    const [short, long] = known.length < asked.length ? [known, asked] : [asked, known];
    if (short.length < MIN_PREFIX_LENGTH || !long.startsWith(short)) continue;
    if (nearest === null || name.length < nearest.length) nearest = name;
  }
  return nearest;
}

function byTypos(text: string, names: readonly string[]): string | null {
  const asked = text.toLowerCase();
  const letters = lettersOf(asked);
  let nearest: string | null = null;
  let fewest = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const tolerated = Math.min(asked.length, name.length) * MAX_DISTANCE_SHARE;
    // Each extra or missing letter is a typo: most names are ruled out by their length.
    if (Math.abs(asked.length - name.length) > tolerated) continue;
    const known = name.toLowerCase();
    const steps = editDistance(asked, known);
    if (steps > tolerated) continue;
    // Below any difference in typos: it only decides between equally near names.
    const rank = lettersOf(known) === letters ? steps - 0.5 : steps;
    if (rank >= fewest) continue;
    nearest = name;
    fewest = rank;
  }
  return nearest;
}

/** Suffix for error messages if a name is similar: `; did you mean okx?` */
export function didYouMean(text: string, names: readonly string[]): string {
  const nearest = nearestName(text, names);
  return nearest === null ? "" : `; did you mean ${nearest}?`;
}

function lettersOf(text: string): string {
  return [...text].toSorted().join("");
}

/**
 * The number of typos between two texts: letters that are missing, extra or wrong, and adjacent letters in the wrong
 * order, which are one typo (optimal string alignment).
 */
export function editDistance(left: string, right: string): number {
  let before: number[] = [];
  let above = Array.from({ length: right.length + 1 }, (_, place) => place);
  for (let row = 1; row <= left.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      const isSwap = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      line[column] = Math.min(
        at(line, column - 1) + 1,
        at(above, column) + 1,
        at(above, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(before, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, above] = [above, line];
  }
  return at(above, right.length);
}

function at(line: readonly number[], place: number): number {
  return line[place] ?? Number.POSITIVE_INFINITY;
}

/** Texts that match members except for case, in the spelling of the set. */
export function asWritten(members: readonly string[], texts: readonly string[]): string[] {
  const written = new Map(members.map((member) => [member.toLowerCase(), member]));
  return texts.map((text) => written.get(text.toLowerCase()) ?? text);
}
