import { age, statusText } from "../format.ts";
import type { ExchangeCard } from "../view-model.ts";

/** Freshness and fee of each exchange as a list of small cards. The status is a word; the colour only repeats it. */
export function ExchangeCards(props: { readonly exchanges: readonly ExchangeCard[] }) {
  return (
    <ul class="cards">
      {props.exchanges.map((card) => (
        <li class={`card status-${card.status}`}>
          <span class="name">{card.name}</span>
          <span class="status">{statusText(card.status)}</span>
          <span class="facts">
            {card.symbols} rates,{" "}
            {card.ageSeconds === null ? "no data yet" : `${age(card.ageSeconds)} old`}
          </span>
          <span class="facts">{feeText(card)}</span>
        </li>
      ))}
    </ul>
  );
}

function feeText({ takerFeeBps, takerFeeNote }: ExchangeCard): string {
  const fee = takerFeeBps === null ? "taker fee unknown" : `taker fee ${takerFeeBps} bps`;
  return takerFeeNote === null ? fee : `${fee} (${takerFeeNote})`;
}
