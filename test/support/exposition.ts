/** The Prometheus text format 0.0.4, parsed strictly: what a lenient parser accepts is an error here. */

export interface Sample {
  /** With `_bucket`, `_sum` or `_count` for those of a histogram. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

const HELP = /^# HELP ([a-zA-Z_:][\w:]*) (.+)$/;
const TYPE = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/;
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
/** A name, an equals sign and a text in which quotes, backslashes and line ends are escaped. */
const LABEL = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;
const NUMBER = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)$/;

/** The families of a text, in its order. Throws with the line that violates the format. */
export function parseExposition(text: string): Family[] {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families: (Family & { readonly samples: Sample[] })[] = [];
  const seen = new Set<string>();
  let help: readonly [name: string, text: string] | null = null;
  for (const line of text.slice(0, -1).split("\n")) {
    const fail = (rule: string): never => {
      throw new Error(`${rule}: ${line}`);
    };
    const [, helpOf, words] = HELP.exec(line) ?? [];
    const [, typeOf, type] = TYPE.exec(line) ?? [];
    if (helpOf !== undefined && words !== undefined) {
      if (families.some(({ name }) => name === helpOf)) fail("a family that comes twice");
      help = [helpOf, words];
    } else if (typeOf !== undefined && type !== undefined) {
      if (help === null || help[0] !== typeOf) throw new Error(`a type without help: ${line}`);
      families.push({ name: typeOf, help: help[1], type, samples: [] });
      help = null;
    } else if (line !== "") {
      if (help !== null) fail("help without a type");
      const sample = sampleOf(line);
      const family = families.at(-1) ?? fail("a sample of no family");
      if (!belongs(sample.name, family)) fail("a sample outside its family");
      const series = seriesOf(sample);
      if (seen.has(series)) fail("a series that comes twice");
      seen.add(series);
      family.samples.push(sample);
    }
  }
  for (const family of families) checkValues(family);
  return families;
}

function sampleOf(line: string): Sample {
  const [, name = "", labels, number = ""] = SAMPLE.exec(line) ?? [];
  if (name === "" || !NUMBER.test(number)) throw new Error(`neither comment nor sample: ${line}`);
  const value = Number(number.replace("Inf", "Infinity"));
  return { name, labels: labels === undefined ? {} : labelsOf(labels, line), value };
}

function labelsOf(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== "") {
    const [whole, name, value] = LABEL.exec(rest) ?? [];
    if (whole === undefined || name === undefined || value === undefined)
      throw new Error(`a label that is none: ${line}`);
    if (name in labels) throw new Error(`a label that comes twice: ${line}`);
    labels[name] = value.replaceAll(/\\(.)/g, (_, mark: string) => (mark === "n" ? "\n" : mark));
    rest = rest.slice(whole.length);
  }
  return labels;
}

function belongs(name: string, family: Family): boolean {
  if (family.type !== "histogram") return name === family.name;
  return ["_bucket", "_sum", "_count"].some((part) => name === family.name + part);
}

function seriesOf({ name, labels }: Sample): string {
  return JSON.stringify([name, Object.entries(labels).toSorted()]);
}

/** Counters end in `_total` and are never negative; the buckets of a histogram increase to its count. */
function checkValues({ name, type, samples }: Family): void {
  if (type === "counter") {
    if (!name.endsWith("_total")) throw new Error(`a counter without _total: ${name}`);
    if (samples.some(({ value }) => !(value >= 0))) throw new Error(`a counter below 0: ${name}`);
  }
  const buckets = new Map<string, number[]>();
  for (const { name: part, labels, value } of samples) {
    if (part !== `${name}_bucket`) continue;
    const { le: _, ...others } = labels;
    const key = JSON.stringify(others);
    buckets.set(key, [...(buckets.get(key) ?? []), value]);
  }
  for (const [key, values] of buckets) {
    const count = samples.find(
      (sample) => sample.name === `${name}_count` && JSON.stringify(sample.labels) === key,
    );
    if (values.some((value, n) => value < (values[n - 1] ?? 0)) || values.at(-1) !== count?.value)
      throw new Error(`buckets that do not rise to their count: ${name}${key}`);
  }
}
