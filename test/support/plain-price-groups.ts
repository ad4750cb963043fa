import type { Member } from "../../src/domain/asset-cluster.ts";
import { median } from "../../src/domain/median.ts";

const WITHIN = 0.03;

/** The expected result of `densestFirst`, by comparing every listing with every other one, again for each group. */
export function plainGroups(newcomers: readonly Member[]): Member[][] {
  const groups: Member[][] = [];
  let left = [...newcomers];
  while (left.length > 0) {
    let best: Member[] = [];
    for (const member of left) {
      const group = groupAround(member, left);
      const more = exchangesOf(group) - exchangesOf(best) || group.length - best.length;
      if (more > 0) best = group;
    }
    const group = [...best];
    left = left.filter((member) => {
      if (best.includes(member)) return false;
      if (best.length === 1 || member.candidate.multiplier === 1) return true;
      const joined = asPartOf(member, group);
      if (joined !== null) group.push(joined);
      return joined === null;
    });
    groups.push(group);
  }
  return groups;
}

function groupAround(member: Member, left: readonly Member[]): Member[] {
  const price = member.unitPrice;
  if (!isNear(price, price)) return [member];
  let group = left.filter(({ unitPrice }) => isNear(unitPrice, price));
  for (;;) {
    const center = centerOf(group);
    const near = group.filter(({ unitPrice }) => isNear(unitPrice, center));
    if (near.length === group.length) return group;
    if (near.length === 0) return [member];
    group = near;
  }
}

/** By its ticker's multiplier or, failing that, without it. */
function asPartOf({ candidate }: Member, group: readonly Member[]): Member | null {
  const center = centerOf(group);
  const price = candidate.price ?? 0;
  const unitPrice = price / candidate.multiplier;
  if (isNear(unitPrice, center)) return { candidate, unitPrice, provenMultiplier: null };
  return isNear(price, center) ? { candidate, unitPrice: price, provenMultiplier: 1 } : null;
}

function isNear(price: number | null, center: number | null): boolean {
  return price !== null && center !== null && Math.abs(price / center - 1) <= WITHIN;
}

function centerOf(group: readonly Member[]): number | null {
  const voices = Map.groupBy(group, ({ candidate }) => candidate.exchange).values();
  return median(
    voices.map((members) => median(members.map((one) => one.unitPrice ?? 0)) ?? 0).toArray(),
  );
}

function exchangesOf(group: readonly Member[]): number {
  return new Set(group.map(({ candidate }) => candidate.exchange)).size;
}
