"""Clean a table, add columns, summarise by group."""

import pandas as pd

houses = pd.read_csv("data/houses.csv")
before = len(houses)
houses["rooms"] = houses["rooms"].fillna(houses["rooms"].median())
complete = houses.dropna(subset=["area"]).copy()
complete["price_per_m2"] = complete["price"] / complete["area"]
complete["is_large"] = complete["area"] > 80
by_city = complete.groupby("city")["price_per_m2"].agg(["mean", "max"]).round(2)
counts = houses["city"].value_counts().to_dict()
renamed = complete.rename(columns={"area": "m2"})
renamed.drop(columns=["id"], inplace=True)
top = renamed.sort_values("price", ascending=False).head(3)
dropped = before - len(complete)
print("rows dropped:", dropped)
print(by_city)
top.to_csv("top.csv", index=False)
by_city.to_json("by_city.json")
