import { apart, Cluster, fits, join, JOIN_WITHIN, type Member } from "./asset-cluster.ts";
import { ExchangeVoices } from "./exchange-voices.ts";
import { LargestFirst, type Size } from "./largest-first.ts";
import { firstWhere } from "./sorted-search.ts";

const ALONE: Size = { exchanges: 1, listings: 1 };

/**
 * Listings that agree with nobody yet, as groups that agree among themselves, those on most exchanges first. Each
 * member is near the middle of its group. Of two groups alike the one with the first listing is made first.
 */
export function densestFirst(newcomers: readonly Member[]): Member[][] {
  const left = new Unplaced(newcomers);
  const groups: Member[][] = [];
  for (let group = left.takeDensest(); group !== null; group = left.takeDensest()) {
    const cluster = new Cluster(null, group);
    if (group.length > 1) left.joinContradicted(cluster);
    groups.push(cluster.members);
  }
  return groups;
}

/** Listings next to each other in the order of their prices: [from, to). */
interface Window {
  readonly from: number;
  readonly to: number;
}

/**
 * Listings without an asset, by their place in the list that was given. In the order of prices those near one price
 * stand together: a group is a window of that order, and what is taken away changes only the groups near by. One exchange
 * may list thousands of one name at as many prices, and the groups must be found all the same.
 */
class Unplaced {
  readonly #members: readonly Member[];
  /** Prices per unit, by place; 0 for one that is near nothing, not even itself. */
  readonly #prices: Float64Array;
  /** A number for each exchange, by place. */
  readonly #exchanges: Int32Array;
  readonly #voices: ExchangeVoices;
  /** Places by price, without those that were taken, or have none that is near anything. */
  readonly #byPrice: number[];
  /** Places of those whose ticker has a multiplier, which price may contradict. */
  readonly #scaled: number[];
  readonly #isTaken: Uint8Array;
  readonly #queue: LargestFirst;

  constructor(members: readonly Member[]) {
    this.#members = members;
    this.#prices = Float64Array.from(members, ({ unitPrice }) => usable(unitPrice));
    const numbers = new Map<string, number>();
    this.#exchanges = Int32Array.from(members, ({ candidate: { exchange } }) => {
      const number = numbers.get(exchange) ?? numbers.size;
      numbers.set(exchange, number);
      return number;
    });
    this.#voices = new ExchangeVoices(numbers.size);
    this.#isTaken = new Uint8Array(members.length);
    const places = [...members.keys()];
    this.#scaled = places.filter((place) => members[place]?.candidate.multiplier !== 1);
    this.#byPrice = places
      .filter((place) => this.#priceOf(place) > 0)
      .toSorted((left, right) => this.#priceOf(left) - this.#priceOf(right));
    this.#queue = new LargestFirst(members.length);
    this.#expectSizes();
  }

  /** Takes the group on most exchanges, of those the largest, of those the one around the first; null when none is left. */
  takeDensest(): Member[] | null {
    const place = this.#queue.take((candidate) => this.#sizeAround(candidate));
    if (place === null) return null;
    const window = this.#groupAround(place) ?? this.#itself(place);
    const places = window === null ? [place] : this.#byPrice.slice(window.from, window.to);
    this.#remove(places, window);
    return places.toSorted((left, right) => left - right).flatMap((at) => this.#members[at] ?? []);
  }

  /** A multiplier that price contradicts may be the only thing between a listing and this group. */
  joinContradicted(cluster: Cluster): void {
    const scaled = this.#scaled;
    let left = 0;
    for (const place of scaled) {
      if (this.#isTaken[place] === 1) continue;
      const member = this.#members[place];
      if (member !== undefined && this.#mayFit(member, cluster) && join(member, [cluster]))
        this.#remove([place], this.#itself(place));
      else scaled[left++] = place;
    }
    scaled.length = left;
  }

  /** Quicker than to try: most listings are near no group at all. */
  #mayFit({ candidate: { price }, unitPrice }: Member, cluster: Cluster): boolean {
    return fits(unitPrice ?? 0, cluster) || fits(price ?? 0, cluster);
  }

  /** What no group can exceed: all that is near its middle, and on how many exchanges that is. */
  #expectSizes(): void {
    const { length } = this.#byPrice;
    const listed = new Int32Array(this.#exchanges.length);
    let exchanges = 0;
    let from = 0;
    let to = 0;
    // Both ends of a window rise with its middle.
    for (const middle of this.#byPrice) {
      const center = this.#priceOf(middle);
      for (; to < length && this.#priceAt(to) / center - 1 <= JOIN_WITHIN; to += 1) {
        const exchange = this.#exchangeAt(to);
        if (listed[exchange] === 0) exchanges += 1;
        listed[exchange] = (listed[exchange] ?? 0) + 1;
      }
      for (; from < to && apart(this.#priceAt(from), center) > JOIN_WITHIN; from += 1) {
        const exchange = this.#exchangeAt(from);
        listed[exchange] = (listed[exchange] ?? 0) - 1;
        if (listed[exchange] === 0) exchanges -= 1;
      }
      this.#queue.add(middle, { exchanges, listings: to - from });
    }
    for (const place of this.#members.keys())
      if (this.#priceOf(place) === 0) this.#queue.add(place, ALONE);
  }

  #sizeAround(place: number): Size {
    const window = this.#groupAround(place);
    if (window === null) return ALONE;
    return { exchanges: this.#voicesIn(window).exchanges, listings: window.to - window.from };
  }

  /** Those near the price of one, without those that are far from the middle of the rest; null for it alone. */
  #groupAround(place: number): Window | null {
    if (this.#priceOf(place) === 0) return null;
    let window = this.#near(this.#priceOf(place), { from: 0, to: this.#byPrice.length });
    for (;;) {
      const near = this.#near(this.#voicesIn(window).center, window);
      // Each round takes one away at least; what is left is near the first price, hence some of it near its own center.
      if (near.to - near.from === window.to - window.from) return window;
      // But for the last digit of a quotient at the very border: a loop without an end would be worse than one alone.
      if (near.to <= near.from) return null;
      window = near;
    }
  }

  #near(center: number, { from, to }: Window): Window {
    const first = firstWhere(from, to, (at) => this.#priceAt(at) / center - 1 >= -JOIN_WITHIN);
    const end = firstWhere(first, to, (at) => this.#priceAt(at) / center - 1 > JOIN_WITHIN);
    return { from: first, to: end };
  }

  #voicesIn({ from, to }: Window): ExchangeVoices {
    const voices = this.#voices;
    voices.clear();
    for (let at = from; at < to; at += 1) voices.add(this.#exchangeAt(at));
    for (let at = from; at < to; at += 1) voices.read(this.#exchangeAt(at), this.#priceAt(at));
    return voices;
  }

  /** The window of one alone, null where it has no price. */
  #itself(place: number): Window | null {
    const price = this.#priceOf(place);
    if (price === 0) return null;
    const { length } = this.#byPrice;
    const from = firstWhere(0, length, (at) => this.#priceAt(at) >= price);
    const at = this.#byPrice.indexOf(place, from);
    return { from: at, to: at + 1 };
  }

  /** Takes `places` away, which are those of a window where they have prices. */
  #remove(places: readonly number[], window: Window | null): void {
    for (const place of places) {
      this.#isTaken[place] = 1;
      this.#queue.drop(place);
    }
    if (window === null) return;
    const lowest = this.#priceAt(window.from);
    const highest = this.#priceAt(window.to - 1);
    this.#byPrice.splice(window.from, places.length);
    const { length } = this.#byPrice;
    // Whoever had one of them near has another group now, also the place that led to them when it is none of them.
    const from = firstWhere(0, length, (at) => lowest / this.#priceAt(at) - 1 <= JOIN_WITHIN);
    const to = firstWhere(from, length, (at) => highest / this.#priceAt(at) - 1 < -JOIN_WITHIN);
    for (let at = from; at < to; at += 1) this.#queue.doubt(this.#byPrice[at] ?? 0);
  }

  #priceOf(place: number): number {
    return this.#prices[place] ?? 0;
  }

  #priceAt(at: number): number {
    return this.#priceOf(this.#byPrice[at] ?? 0);
  }

  #exchangeAt(at: number): number {
    return this.#exchanges[this.#byPrice[at] ?? 0] ?? 0;
  }
}

/** A price per unit that is too small or too large for a number is near nothing. */
function usable(unitPrice: number | null): number {
  return unitPrice !== null && unitPrice > 0 && Number.isFinite(unitPrice) ? unitPrice : 0;
}
