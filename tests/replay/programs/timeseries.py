"""Dates, rolling windows, joins and pivots."""

import numpy as np
import pandas as pd

days = pd.date_range("2024-01-01", periods=60, freq="D")
rng = np.random.default_rng(3)
sales = pd.DataFrame({"day": days, "shop": np.tile(["north", "south"], 30)})
sales["amount"] = (100 + 10 * np.sin(np.arange(60) / 7) + rng.normal(0, 3, 60)).round(2)
shops = pd.DataFrame({"shop": ["north", "south"], "area": [120, 80]})
merged = sales.merge(shops, on="shop")
merged["per_m2"] = merged["amount"] / merged["area"]
merged["week"] = merged["day"].dt.isocalendar().week.astype(int)
weekly = merged.pivot_table(index="week", columns="shop", values="amount", aggfunc="sum")
weekly.fillna(0, inplace=True)
smooth = sales.set_index("day")["amount"].rolling(7).mean().dropna()
trend = np.polyfit(np.arange(len(smooth)), smooth.to_numpy(), 1)
best_week = int(weekly.sum(axis=1).idxmax())
for column in ["amount", "per_m2"]:
    merged[f"{column}_rank"] = merged[column].rank()
last_rank = merged["amount_rank"].iloc[-1]
weekly.to_csv("weekly.csv")
print("best week", best_week)
print("trend", trend.round(4))
