/** The simulated market as on the board, for benches that need the application in their own process. */
import { flagBit } from "../src/domain/flags.ts";
import type { BoardRow } from "../src/domain/market.ts";
import type { FundingList, FundingRow } from "../src/http/lists/funding-schema.ts";
import { rowOf } from "../test/support/board.ts";
import { ALL_SHOWN, startServiceProcess } from "./service.ts";
import { startSimulatorProcess, USUAL_SCALE } from "./simulator.ts";

/** Every row that the whole service shows with the simulator: assets, sizes and flags as they come. */
export async function simulatedRows(): Promise<readonly BoardRow[]> {
  await using simulator = await startSimulatorProcess({ scale: USUAL_SCALE });
  await using service = await startServiceProcess(simulator.origin, {}, ALL_SHOWN);
  const response = await fetch(`${service.origin}/api/funding/current`);
  const { rows } = (await response.json()) as FundingList;
  return rows.map(boardRow);
}

function boardRow(row: FundingRow, index: number): BoardRow {
  return rowOf(
    row.exchange,
    row.base,
    {
      instrumentId: index + 1,
      uid: row.uid,
      exchangeSymbol: row.exchange_symbol,
      quote: row.quote,
      assetId: row.asset_id,
      multiplier: row.multiplier,
      assetClass: row.asset_class,
      accrual: row.accrual,
      fundingRate: row.funding_rate,
      fundingIntervalHours: row.funding_interval_hours,
      markPrice: row.mark_price,
      indexPrice: row.index_price,
      openInterestUsd: row.open_interest_usd,
      volume24hUsd: row.volume_24h_usd,
      settledRate: row.settled_rate,
      predictedRate: row.predicted_rate,
    },
    row.flags.reduce((bits, flag) => bits | flagBit(flag), 0),
  );
}
