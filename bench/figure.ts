/**
 * One measured figure, compared with its aim. Ratios compare within one run; everything else depends on the machine.
 */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** In words: "at least 0.6". Null if there is none. */
  readonly aim: string | null;
  readonly met: boolean | null;
}

/** A figure that should be at least `min`. */
export function atLeast(what: string, value: number, unit: string, min: number): Figure {
  return { what, value, unit, aim: `at least ${min}`, met: value >= min };
}

/** A figure that should be at most `max`. */
export function atMost(what: string, value: number, unit: string, max: number): Figure {
  return { what, value, unit, aim: `at most ${max}`, met: value <= max };
}

/** A figure without an aim. */
export function plain(what: string, value: number, unit: string): Figure {
  return { what, value, unit, aim: null, met: null };
}

/** What could not be measured, and why: shown in the table. */
export function note(what: string, why: string): Figure {
  return { what, value: Number.NaN, unit: why, aim: null, met: null };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Figures as a Markdown table. */
export function table(figures: readonly Figure[]): string {
  const lines = figures.map(({ what, value, unit, aim, met }) => {
    const mark = met === null ? "" : met ? "yes" : "**no**";
    const measured = Number.isNaN(value) ? unit : `${format(value)} ${unit}`;
    return `| ${what} | ${measured} | ${aim ?? ""} | ${mark} |`;
  });
  return ["| what | measured | aim | met |", "| --- | --- | --- | --- |", ...lines].join("\n");
}

function format(value: number): string {
  return value >= 1000
    ? Math.round(value).toLocaleString("en-US")
    : String(Number(value.toPrecision(3)));
}
