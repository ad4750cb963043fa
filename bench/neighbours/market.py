"""The data of the Python neighbours: the market file written by the service, queried for each request."""

import gzip
import json
import sqlite3
import threading
import time
from itertools import combinations
from pathlib import Path

try:
    import orjson

    dumps = orjson.dumps
except ImportError:
    try:
        import ujson

        def dumps(value):
            return ujson.dumps(value, ensure_ascii=False, escape_forward_slashes=False).encode()
    except ImportError:

        def dumps(value):
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


FLAGS = ("stale expired interval_unknown identity_conflict suspect pinned_cap pinned_floor pinned_baseline thin "
         "settling unverified_rate").split()
NAMES = [[name for bit, name in enumerate(FLAGS) if bits >> bit & 1] for bits in range(1 << len(FLAGS))]
BLOCKING = 0b11111

ROWS = (Path(__file__).parent / "rows.sql").read_text()
LIST = f"{ROWS} ORDER BY exchange, exchange_symbol"
SYMBOL = f"{ROWS} WHERE base = :base ORDER BY exchange, exchange_symbol"
LEGS = f"""SELECT * FROM ({ROWS}) WHERE asset_id IS NOT NULL AND flags & {BLOCKING} = 0
  AND volume_24h_usd >= 1000000 ORDER BY exchange, exchange_symbol"""

HOLDS_PER_YEAR = 365
REFUSED_GAP_PCT = 10
SHOWN_PAIRS = 100


class Market:
    """`settings`: the path of the database file, and the facts common to all rows of each exchange."""

    def __init__(self, settings):
        self._path = settings["database"]
        self._terms = settings["terms"]
        self._fees = {one["exchange"]: one["taker_bps"] for one in self._terms}
        self._local = threading.local()

    def list(self):
        return self._answer(self._rows(LIST, {}))

    def symbol(self, base):
        return self._answer(self._rows(SYMBOL, {"base": base}))

    def arb(self):
        groups = {}
        for leg in self._rows(LEGS, {}):
            groups.setdefault(leg["asset_id"], []).append(leg)
        best = [pair for legs in groups.values() if (pair := self._best(legs)) is not None]
        best.sort(key=lambda pair: (-pair[0], pair[1]["exchange"], pair[1]["exchange_symbol"]))
        return self._answer([self._shown(*pair) for pair in best[:SHOWN_PAIRS]], len(best))

    def _answer(self, rows, total=None):
        total = len(rows) if total is None else total
        return dumps({"fetched_at": int(time.time()), "count": len(rows), "total": total, "rows": rows})

    def _rows(self, sql, parameters):
        cursor = self._connection().execute(sql, {"now": int(time.time() * 1000), **parameters})
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row)) for row in cursor]
        for row in rows:
            row["flags"] = NAMES[row["flags"]]
        return rows

    def _connection(self):
        """One for each thread; the connection prepares each statement once and caches it."""
        if not hasattr(self._local, "connection"):
            connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)
            connection.execute("PRAGMA mmap_size = 268435456")
            connection.execute("CREATE TEMP TABLE terms (exchange PRIMARY KEY, marks, interest_of_coins, taker_bps)")
            connection.executemany(
                "INSERT INTO terms VALUES (:exchange, :marks, :interest_of_coins, :taker_bps)", self._terms)
            connection.commit()
            self._local.connection = connection
        return self._local.connection

    def _fee(self, leg):
        own = leg["taker_fee_bps"]
        return self._fees[leg["exchange"]] if own is None else own

    def _best(self, legs):
        """The pair of one asset with the highest yield after fees: (net, long leg, short leg, gross, fees, gap)."""
        known = [(leg["annualized_pct"], self._fee(leg), unit_price(leg), leg) for leg in legs]
        best, highest = None, float("-inf")
        for one, other in combinations(known, 2):
            long, short = (one, other) if one[0] <= other[0] else (other, one)
            if long[1] is None or short[1] is None:
                fees, net = None, float("-inf")
            else:
                fees = 2 * (long[1] + short[1]) / 100
                net = short[0] - long[0] - fees * HOLDS_PER_YEAR
            if net < highest or (net == highest and best is not None):
                continue
            if long[3]["exchange"] == short[3]["exchange"]:
                continue
            gap = price_gap_pct(long[2], short[2])
            if gap is not None and abs(gap) > REFUSED_GAP_PCT:
                continue
            best, highest = (net, long[3], short[3], short[0] - long[0], fees, gap), net
        return best

    def _shown(self, net, long, short, gross, fees, gap):
        bounds = [leg[name] for leg in (long, short) for name in ("open_interest_usd", "volume_24h_usd")]
        return {
            "base": long["asset_id"].split("~")[0],
            "asset_id": long["asset_id"],
            "long": {**long, "taker_fee_bps": self._fee(long)},
            "short": {**short, "taker_fee_bps": self._fee(short)},
            "price_gap_pct": gap,
            "gross_apr_pct": gross,
            "fees_pct": fees,
            "net_apr_pct": None if fees is None else net,
            "capacity_usd": None if None in bounds else min(bounds) * 0.01,
        }


def unit_price(leg):
    for name in ("mark_price", "index_price", "last_price"):
        if leg[name] is not None:
            return leg[name] / leg["multiplier"]
    return None


def price_gap_pct(long, short):
    if long is None or short is None or long + short <= 0:
        return None
    return (short - long) / ((long + short) / 2) * 100


def encoded(body, accept_encoding):
    """The body as sent, and its headers; 6 is the default level of Flask-Compress."""
    if "gzip" not in (accept_encoding or ""):
        return body, {}
    return gzip.compress(body, 6), {"Content-Encoding": "gzip"}
