"""Compares every indicator with one computed by pandas, independently: pandas_test.py PRINTER.

Exit code 77 (skipped) without pandas.
"""

import io
import subprocess
import sys

try:
    import numpy as np
    import pandas as pd
except ImportError:
    print("python3-pandas is not installed")
    sys.exit(77)

TOLERANCE = 1e-9


def wilder(x, n, start):
    """Smoothed from the mean of the n values that end at `start`."""
    seeded = x.astype(float).copy()
    seeded.iloc[:start] = np.nan
    seeded.iloc[start] = x.iloc[start - n + 1:start + 1].mean()
    return seeded.ewm(alpha=1 / n, adjust=False, ignore_na=True).mean()


def ema(x, n):
    first = x.first_valid_index()
    start = x.index.get_loc(first) + n - 1
    seeded = x.astype(float).copy()
    seeded.iloc[:start] = np.nan
    seeded.iloc[start] = x.iloc[start - n + 1:start + 1].mean()
    return seeded.ewm(span=n, adjust=False, ignore_na=True).mean()


def weighted(x, n):
    weights = np.arange(1, n + 1)
    return x.rolling(n).apply(lambda w: np.dot(w, weights) / weights.sum(), raw=True)


def rsi(x, n):
    change = x.diff()
    gain = wilder(change.clip(lower=0), n, n)
    loss = wilder(-change.clip(upper=0), n, n)
    return 100 * gain / (gain + loss)


def true_range(b):
    before = b.close.shift()
    parts = pd.concat([b.high - b.low, (b.high - before).abs(), (b.low - before).abs()], axis=1)
    return parts.max(axis=1).where(before.notna())


def summed(x, n):
    """Wilder's sums: n - 1 values, then sum = sum - sum / n + new; n times the smoothed mean."""
    seeded = x.astype(float).copy()
    seeded.iloc[:n] = np.nan
    total = x.iloc[1:n].sum()
    seeded.iloc[n] = (total - total / n + x.iloc[n]) / n
    return seeded.ewm(alpha=1 / n, adjust=False, ignore_na=True).mean() * n


def directions(b, n):
    # In ticks: doubles would make ties of decimals uneven.
    up, down = b.high.diff().round(6), -b.low.diff().round(6)
    plus = up.where((up > down) & (up > 0), 0.0)
    minus = down.where((down > up) & (down > 0), 0.0)
    reach = summed(true_range(b), n)
    return 100 * summed(plus, n) / reach, 100 * summed(minus, n) / reach


def adx(b, n):
    plus, minus = directions(b, n)
    return wilder(100 * (plus - minus).abs() / (plus + minus), n, 2 * n - 1)


def stochastic(b, n):
    low, high = b.low.rolling(n).min(), b.high.rolling(n).max()
    return 100 * (b.close - low) / (high - low)


def money_flow(b, n):
    typical = (b.high + b.low + b.close) / 3
    flow = typical * b.volume
    gain = flow.where(typical.diff() > 1e-9, 0.0).rolling(n).sum()
    loss = flow.where(typical.diff() < -1e-9, 0.0).rolling(n).sum()
    return (100 * gain / (gain + loss)).where(b.index >= n)


def hull(x, n):
    return weighted(2 * weighted(x, n // 2) - weighted(x, n), int(np.sqrt(n)))


def commodity(b, n):
    typical = (b.high + b.low + b.close) / 3
    mean = typical.rolling(n).mean()
    apart = typical.rolling(n).apply(lambda w: np.abs(w - w.mean()).mean(), raw=True)
    return (typical - mean) / (0.015 * apart)


def slope(x, n):
    return x.rolling(n).apply(lambda w: np.polyfit(np.arange(n), w, 1)[0], raw=True)


def streak(x, n, sign):
    return (x.diff() * sign > 0).rolling(n).sum()


def longer(b, rule):
    joined = b.set_index(pd.to_datetime(b.index, unit="h"))
    return joined.resample(rule).agg(
        {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"})


def last_closed(b, x, hours):
    """Values of longer bars on the bars at whose close they have closed."""
    closes = x.copy()
    closes.index = (x.index - pd.Timestamp(0)) // pd.Timedelta(hours=1) + hours - 1
    return closes.reindex(b.index, method="ffill")


def since(c):
    groups = c.cumsum()
    return c.groupby(groups).cumcount().where(groups > 0).astype(float)


def time_of(b):
    return pd.to_datetime(b.index.to_series(), unit="h")


INDICATORS = {
    "hl2": lambda b: (b.high + b.low) / 2,
    "hlc3": lambda b: (b.high + b.low + b.close) / 3,
    "ohlc4": lambda b: (b.open + b.high + b.low + b.close) / 4,
    "hour": lambda b: time_of(b).dt.hour,
    "dayofweek": lambda b: time_of(b).dt.dayofweek,
    "sma(close, 20)": lambda b: b.close.rolling(20).mean(),
    "sma(hlc3, 20)": lambda b: ((b.high + b.low + b.close) / 3).rolling(20).mean(),
    "sma(volume, 20)": lambda b: b.volume.rolling(20).mean(),
    "ema(close, 20)": lambda b: ema(b.close, 20),
    "wma(close, 20)": lambda b: weighted(b.close, 20),
    "rma(close, 20)": lambda b: wilder(b.close, 20, 19),
    "hma(close, 20)": lambda b: hull(b.close, 20),
    "rsi(close, 14)": lambda b: rsi(b.close, 14),
    "roc(close, 10)": lambda b: 100 * b.close.pct_change(10),
    "momentum(close, 10)": lambda b: b.close.diff(10),
    "macd(close, 12, 26)": lambda b: ema(b.close, 12) - ema(b.close, 26),
    "macd_signal(close, 12, 26, 9)": lambda b: ema(ema(b.close, 12) - ema(b.close, 26), 9),
    "macd_hist(close, 12, 26, 9)": lambda b: (
        lambda line: line - ema(line, 9))(ema(b.close, 12) - ema(b.close, 26)),
    "stochastic_k(14)": lambda b: stochastic(b, 14),
    "stochastic_d(14, 3)": lambda b: stochastic(b, 14).rolling(3).mean(),
    "williams_r(14)": lambda b: stochastic(b, 14) - 100,
    "cci(20)": lambda b: commodity(b, 20),
    "highest(close, 20)": lambda b: b.close.rolling(20).max(),
    "lowest(close, 20)": lambda b: b.close.rolling(20).min(),
    "donchian_upper(20)": lambda b: b.high.rolling(20).max(),
    "donchian_lower(20)": lambda b: b.low.rolling(20).min(),
    "true_range": true_range,
    "atr(14)": lambda b: wilder(true_range(b), 14, 14),
    "plus_di(14)": lambda b: directions(b, 14)[0],
    "minus_di(14)": lambda b: directions(b, 14)[1],
    "adx(14)": lambda b: adx(b, 14),
    "obv": lambda b: (np.sign(b.close.diff()).fillna(1) * b.volume).cumsum(),
    "vwap(20)": lambda b: (((b.high + b.low + b.close) / 3 * b.volume).rolling(20).sum()
                           / b.volume.rolling(20).sum()),
    "mfi(14)": lambda b: money_flow(b, 14),
    "stdev(close, 20)": lambda b: b.close.rolling(20).std(ddof=0),
    "variance(close, 20)": lambda b: b.close.rolling(20).var(ddof=0),
    "variance(volume, 20)": lambda b: b.volume.rolling(20).var(ddof=0),
    "zscore(close, 20)": lambda b: ((b.close - b.close.rolling(20).mean())
                                    / b.close.rolling(20).std(ddof=0)),
    "bollinger_upper(close, 20, 2)": lambda b: (b.close.rolling(20).mean()
                                                + 2 * b.close.rolling(20).std(ddof=0)),
    "bollinger_middle(close, 20)": lambda b: b.close.rolling(20).mean(),
    "bollinger_lower(close, 20, 2)": lambda b: (b.close.rolling(20).mean()
                                                - 2 * b.close.rolling(20).std(ddof=0)),
    "linreg_slope(close, 20)": lambda b: slope(b.close, 20),
    "correlation(close, high, 20)": lambda b: b.close.rolling(20).corr(b.high),
    "correlation(close, volume, 20)": lambda b: b.close.rolling(20).corr(b.volume),
    "barssince(rising(close, 3))": lambda b: since(streak(b.close, 3, 1) == 3),
    "barssince(falling(close, 2))": lambda b: since(streak(b.close, 2, -1) == 2),
    "barssince(crossover(close, open))": lambda b: since(
        (b.close > b.open) & (b.close.shift() <= b.open.shift())),
    "barssince(crossunder(close, open))": lambda b: since(
        (b.close < b.open) & (b.close.shift() >= b.open.shift())),
    "valuewhen(close > open, low)": lambda b: b.low.where(b.close > b.open).ffill(),
    "min(close, open)": lambda b: np.minimum(b.close, b.open),
    "max(close, open)": lambda b: np.maximum(b.close, b.open),
    "abs(close - open)": lambda b: (b.close - b.open).abs(),
    "log(close)": lambda b: np.log(b.close),
    "sqrt(close)": lambda b: np.sqrt(b.close),
    "ma('wma', close, 9)": lambda b: weighted(b.close, 9),
    "at('4h', sma(close, 5))": lambda b: last_closed(
        b, longer(b, pd.Timedelta(hours=4)).close.rolling(5).mean(), 4),
    "at('1d', high - low)": lambda b: last_closed(
        b, longer(b, "1D").high - longer(b, "1D").low, 24),
    "at('1w', volume)": lambda b: last_closed(b, weekly_volume(b), 168),
    "symbol('A', close)": lambda b: b.close,
}


def weekly_volume(b):
    joined = b.set_index(pd.to_datetime(b.index, unit="h"))
    return joined.volume.resample("W-MON", label="left", closed="left").sum()


def read(printer, texts):
    out = subprocess.run([printer, *texts], check=True, capture_output=True, text=True).stdout
    return pd.read_csv(io.StringIO(out), sep=";", index_col="hours", na_values="nan")


def worst(ours, theirs):
    """The largest difference where both are defined, against the size of the value."""
    both = ours.notna() & theirs.notna()
    gap = (ours - theirs).abs() / np.maximum(1, theirs.abs())
    return gap[both].max(), int(both.sum())


def main():
    bars = read(sys.argv[1], ["open", "high", "low", "close", "volume"])
    ours = read(sys.argv[1], list(INDICATORS))
    failed = 0
    for text, compute in INDICATORS.items():
        theirs = compute(bars).astype(float)
        gap, compared = worst(ours[text], theirs)
        same_start = ours[text].first_valid_index() == theirs.first_valid_index()
        ok = gap <= TOLERANCE and compared > len(bars) * 0.7 and same_start
        print(f"{'ok  ' if ok else 'FAIL'} {text:36} {compared:5} bars, largest gap {gap:.1e}"
              f"{'' if same_start else ', begins elsewhere'}")
        failed += not ok
    print(f"{len(INDICATORS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
