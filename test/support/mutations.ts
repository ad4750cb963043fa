import type { Batch, Quote } from "../../src/domain/quote.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import type { Bodies } from "./memory-source.ts";

/** What is done to one value of one row. */
export const MUTATIONS = [
  "missing",
  "null",
  "flipped",
  "NaN",
  "huge",
  "negative",
  "empty",
  "object",
] as const;
export type Mutation = (typeof MUTATIONS)[number];

/** One payload whose rows are mutated. */
export interface MutatedPayload {
  /** Short name, used in exemptions and messages. */
  readonly name: string;
  /** Its key in the bodies. */
  readonly request: string;
  /** The rows inside the body, by reference: objects, or arrays for positional rows. */
  readonly rows: (body: unknown) => readonly unknown[];
}

/**
 * A mutated value that cannot be distinguished from a legal one, and the quote fields that then differ.
 * `exchangeSymbol`: the value is the symbol itself, and another symbol appears.
 */
export interface Exemption {
  /** `payload.key`, for example `tickers.markPrice`. */
  readonly at: string;
  readonly mutations: readonly Mutation[];
  readonly fields: readonly (keyof Quote)[];
  readonly why: string;
}

const LEGAL = "a large price or quantity cannot be distinguished from a wrong one here";
const NEGATIVE = "a rate may be negative";
const NAME = "any text may be a name";

/** An amount that is equally legal when it is huge. */
export const hugeAmount = (at: string, ...fields: Exemption["fields"]): Exemption => ({
  at,
  mutations: ["huge"],
  fields,
  why: LEGAL,
});

/** A rate that is equally legal with the other sign. */
export const negativeRate = (
  at: string,
  field: Exemption["fields"][number] = "fundingRate",
): Exemption => ({
  at,
  mutations: ["negative"],
  fields: [field],
  why: NEGATIVE,
});

/** A name that is as legal as any other text. */
export const anyName = (at: string, ...fields: Exemption["fields"]): Exemption => ({
  at,
  mutations: ["NaN", "huge", "negative"],
  fields,
  why: NAME,
});

export interface MutationPlan {
  readonly bodies: Bodies;
  readonly payloads: readonly MutatedPayload[];
  readonly refresh: (bodies: Bodies) => Promise<Batch>;
  readonly exemptions: readonly Exemption[];
}

/**
 * Mutates each key of each row in turn and checks the result. Returns the violations in words (empty: none): an
 * exception other than RequestFailure; a quote of a symbol that the intact payloads do not yield, or twice the same; a
 * field that is neither its right value nor null; an interval without its source or the reverse; a larger `expected`; a
 * number sent as a string (or the reverse) that changes anything; and an exemption that was not needed.
 */
export async function mutationBreaches(plan: MutationPlan): Promise<readonly string[]> {
  const intact = batchOf(await plan.refresh(plan.bodies));
  const judge = new Judge(intact, plan.exemptions);
  if (intact.quotes.length === 0) judge.breaches.push("the intact payloads yield no quote");
  for (const payload of plan.payloads) {
    for (const trial of trialsOf(plan.bodies, payload)) {
      await judgeTrial(plan, judge, trial);
    }
  }
  return [...judge.breaches, ...judge.unusedExemptions()];
}

/** Only the batch: what a refresh yields besides it is created anew each time and equal to nothing. */
function batchOf({ quotes, rejects, expected, unlisted }: Batch): Batch {
  return { quotes, rejects, expected, unlisted };
}

interface Trial {
  readonly at: string;
  readonly mutation: Mutation;
  /** A number that changed only its JSON type: nothing may change. */
  readonly sameNumber: boolean;
  readonly where: string;
  readonly bodies: Bodies;
}

async function judgeTrial(plan: MutationPlan, judge: Judge, trial: Trial): Promise<void> {
  let batch: Batch;
  try {
    batch = batchOf(await plan.refresh(trial.bodies));
  } catch (error) {
    if (!(error instanceof RequestFailure))
      judge.breaches.push(`${trial.where}: threw ${String(error)}`);
    else if (trial.sameNumber) judge.breaches.push(`${trial.where}: refused a flipped number`);
    return;
  }
  judge.batch(trial, batch);
}

class Judge {
  readonly breaches: string[] = [];
  private readonly intact: Batch;
  private readonly bySymbol: ReadonlyMap<string, Quote>;
  private readonly exemptions: readonly Exemption[];
  private readonly used = new Set<Exemption>();

  constructor(intact: Batch, exemptions: readonly Exemption[]) {
    this.intact = intact;
    this.bySymbol = new Map(intact.quotes.map((quote) => [quote.exchangeSymbol, quote]));
    this.exemptions = exemptions;
  }

  batch(trial: Trial, batch: Batch): void {
    const seen = new Set<string>();
    for (const quote of batch.quotes) {
      const right = this.bySymbol.get(quote.exchangeSymbol);
      if (right !== undefined) this.quote(trial, quote, right);
      else if (!this.isExempt(trial, "exchangeSymbol"))
        this.breaches.push(`${trial.where}: ${quote.exchangeSymbol} came to life`);
      if (seen.has(quote.exchangeSymbol))
        this.breaches.push(`${trial.where}: ${quote.exchangeSymbol} twice`);
      seen.add(quote.exchangeSymbol);
    }
    if ((batch.expected ?? 0) > (this.intact.expected ?? 0)) {
      this.breaches.push(
        `${trial.where}: expects ${batch.expected}, intact ${this.intact.expected}`,
      );
    }
    if (trial.sameNumber && !Bun.deepEquals(batch, this.intact)) {
      this.breaches.push(`${trial.where}: a flipped number changed the batch`);
    }
  }

  unusedExemptions(): readonly string[] {
    return this.exemptions
      .filter((exemption) => !this.used.has(exemption))
      .map((exemption) => `the exemption ${exemption.at} (${exemption.why}) is not needed`);
  }

  private quote(trial: Trial, quote: Quote, right: Quote): void {
    for (const field of fieldsOf(right)) {
      if (Object.is(quote[field], right[field]) || quote[field] === null) continue;
      if (this.isExempt(trial, field)) continue;
      this.breaches.push(
        `${trial.where}: ${quote.exchangeSymbol} ${field} is ${String(quote[field])}, right is ${String(right[field])}`,
      );
    }
    if ((quote.fundingIntervalHours === null) !== (quote.intervalSource === null)) {
      this.breaches.push(
        `${trial.where}: ${quote.exchangeSymbol} interval and its source disagree`,
      );
    }
  }

  private isExempt(trial: Trial, field: keyof Quote): boolean {
    for (const exemption of this.exemptions) {
      if (exemption.at !== trial.at || !exemption.mutations.includes(trial.mutation)) continue;
      if (!exemption.fields.includes(field)) continue;
      this.used.add(exemption);
      return true;
    }
    return false;
  }
}

function* trialsOf(bodies: Bodies, payload: MutatedPayload): Generator<Trial> {
  const rows = payload.rows(bodies[payload.request]);
  for (const [index, row] of rows.entries()) {
    for (const key of Object.keys(asObject(row))) {
      for (const mutation of MUTATIONS) {
        const body = structuredClone(bodies[payload.request]);
        const target = asObject(payload.rows(body)[index]);
        const before: unknown = Reflect.get(target, key);
        mutate(target, key, mutation);
        yield {
          at: `${payload.name}.${key}`,
          mutation,
          sameNumber: mutation === "flipped" && isNumeric(before),
          where: `${payload.name}[${index}].${key} ${mutation}`,
          bodies: { ...bodies, [payload.request]: body },
        };
      }
    }
  }
}

function mutate(row: object, key: string, mutation: Mutation): void {
  const value: unknown = Reflect.get(row, key);
  switch (mutation) {
    case "missing":
      // A hole in a positional row reads as undefined, like a row that is too short.
      Reflect.deleteProperty(row, key);
      return;
    case "null":
      Reflect.set(row, key, null);
      return;
    case "flipped":
      Reflect.set(row, key, flipped(value));
      return;
    case "NaN":
      Reflect.set(row, key, "NaN");
      return;
    case "huge":
      Reflect.set(row, key, typeof value === "number" ? 1e300 : "1e300");
      return;
    case "negative":
      Reflect.set(row, key, negative(value));
      return;
    case "empty":
      Reflect.set(row, key, "");
      return;
    case "object":
      Reflect.set(row, key, {});
      return;
  }
}

function flipped(value: unknown): unknown {
  if (typeof value === "string") return isNumeric(value) ? Number(value) : 1;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return 1;
}

function negative(value: unknown): unknown {
  const magnitude = isNumeric(value) ? Number(value) || 1 : 1;
  return typeof value === "number" ? -magnitude : String(-magnitude);
}

/** Several zeros ("00000") are a code: the number 0 is not the same. */
const CODE = /^00+$/;

function isNumeric(value: unknown): boolean {
  if (typeof value === "number") return true;
  if (typeof value !== "string" || value.trim() === "" || CODE.test(value)) return false;
  return Number.isFinite(Number(value));
}

function fieldsOf(quote: Quote): readonly (keyof Quote)[] {
  // Object.keys of a Quote returns the keys of Quote and no others: quotes are built as literals.
  return Object.keys(quote) as (keyof Quote)[];
}

function asObject(row: unknown): object {
  if (typeof row !== "object" || row === null)
    throw new Error("a mutated row is an object or an array");
  return row;
}
