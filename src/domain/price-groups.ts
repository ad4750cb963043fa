import { apart, Cluster, fits, join, JOIN_WITHIN, type Member } from "./asset-cluster.ts";
import { ExchangeVotes } from "./exchange-votes.ts";
import { LargestFirst, type Size } from "./largest-first.ts";
import { firstWhere } from "./sorted-search.ts";

const ALONE: Size = { exchanges: 1, listings: 1 };

/**
 * Groups unmatched listings by price, the group on the most exchanges first. Each member is near the median of its
 * group. Ties go to the group with the first listing.
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

/** Adjacent listings in price order: [from, to). */
interface Window {
  readonly from: number;
  readonly to: number;
}

/**
 * Listings without an asset, by their index in the input. In price order a group is a contiguous window, so removing one
 * affects only nearby groups: fast even if an exchange lists thousands of one name at different prices.
 */
class Unplaced {
  readonly #members: readonly Member[];
  /** Prices per unit by index; 0 if unusable. */
  readonly #prices: Float64Array;
  /** The exchange by index, as a number. */
  readonly #exchanges: Int32Array;
  readonly #votes: ExchangeVotes;
  /** Indexes of remaining listings with a usable price, in price order. */
  readonly #byPrice: number[];
  /** Indexes of listings whose ticker has a multiplier, which prices may contradict. */
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
    this.#votes = new ExchangeVotes(numbers.size);
    this.#isTaken = new Uint8Array(members.length);
    const places = [...members.keys()];
    this.#scaled = places.filter((place) => members[place]?.candidate.multiplier !== 1);
    this.#byPrice = places
      .filter((place) => this.#priceOf(place) > 0)
      .toSorted((left, right) => this.#priceOf(left) - this.#priceOf(right));
    this.#queue = new LargestFirst(members.length);
    this.#expectSizes();
  }

  /** Removes and returns the group on the most exchanges, then the largest, then the first; null if none is left. */
  takeDensest(): Member[] | null {
    const place = this.#queue.take((candidate) => this.#sizeAround(candidate));
    if (place === null) return null;
    const window = this.#groupAround(place) ?? this.#itself(place);
    const places = window === null ? [place] : this.#byPrice.slice(window.from, window.to);
    this.#remove(places, window);
    return places.toSorted((left, right) => left - right).flatMap((at) => this.#members[at] ?? []);
  }

  /** Moves listings to a new group that they fit without their ticker's multiplier. */
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

  /** A quick pre-check: most listings are not near any group. */
  #mayFit({ candidate: { price }, unitPrice }: Member, cluster: Cluster): boolean {
    return fits(unitPrice ?? 0, cluster) || fits(price ?? 0, cluster);
  }

  /** Queues upper bounds of the group sizes: everything near a listing's price, and its number of exchanges. */
  #expectSizes(): void {
    const { length } = this.#byPrice;
    const listed = new Int32Array(this.#exchanges.length);
    let exchanges = 0;
    let from = 0;
    let to = 0;
    // Both ends of a window advance with its center.
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
    return { exchanges: this.#votesIn(window).exchanges, listings: window.to - window.from };
  }

  /** The listings near the price of one, without those far from the median of the rest; null if it is alone. */
  #groupAround(place: number): Window | null {
    if (this.#priceOf(place) === 0) return null;
    let window = this.#near(this.#priceOf(place), { from: 0, to: this.#byPrice.length });
    for (;;) {
      const near = this.#near(this.#votesIn(window).center, window);
      // Each round removes at least one; the rest is near the first price, so some of it is near its own center.
      if (near.to - near.from === window.to - window.from) return window;
      // Rounding at the threshold could leave none: treat the listing as alone rather than loop forever.
      if (near.to <= near.from) return null;
      window = near;
    }
  }

  #near(center: number, { from, to }: Window): Window {
    const first = firstWhere(from, to, (at) => this.#priceAt(at) / center - 1 >= -JOIN_WITHIN);
    const end = firstWhere(first, to, (at) => this.#priceAt(at) / center - 1 > JOIN_WITHIN);
    return { from: first, to: end };
  }

  #votesIn({ from, to }: Window): ExchangeVotes {
    const votes = this.#votes;
    votes.clear();
    for (let at = from; at < to; at += 1) votes.add(this.#exchangeAt(at));
    for (let at = from; at < to; at += 1) votes.read(this.#exchangeAt(at), this.#priceAt(at));
    return votes;
  }

  /** The window of a single listing, null if it has no price. */
  #itself(place: number): Window | null {
    const price = this.#priceOf(place);
    if (price === 0) return null;
    const { length } = this.#byPrice;
    const from = firstWhere(0, length, (at) => this.#priceAt(at) >= price);
    const at = this.#byPrice.indexOf(place, from);
    return { from: at, to: at + 1 };
  }

  /** Removes `places`; `window` is their window if they have prices. */
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
    // Listings near a removed one have a different group now, even the one around which the group was found.
    const from = firstWhere(0, length, (at) => lowest / this.#priceAt(at) - 1 <= JOIN_WITHIN);
    const to = firstWhere(from, length, (at) => highest / this.#priceAt(at) - 1 < -JOIN_WITHIN);
    for (let at = from; at < to; at += 1) this.#queue.invalidate(this.#byPrice[at] ?? 0);
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

/** A price per unit for comparisons; 0 if it underflows or overflows. */
function usable(unitPrice: number | null): number {
  return unitPrice !== null && unitPrice > 0 && Number.isFinite(unitPrice) ? unitPrice : 0;
}
