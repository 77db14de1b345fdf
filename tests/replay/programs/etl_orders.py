"""Nightly load of the orders: read, check, enrich, aggregate, write."""
import json
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

CONFIG_TEXT = """
{"source": "orders.csv", "currency": {"EUR": 1.0, "USD": 0.9, "GBP": 1.15},
 "drop_status": ["cancelled", "test"], "min_amount": 5.0, "out": "out"}
"""
Path("config.json").write_text(CONFIG_TEXT)
rows = ["id,customer,amount,currency,status,day"]
for i in range(60):
    currency = ["EUR", "USD", "GBP"][i % 3]
    status = "cancelled" if i % 11 == 0 else "test" if i % 17 == 0 else "paid"
    rows.append(f"{i},c{i % 7},{(i * 37) % 90 + 0.5},{currency},{status},2024-01-{i % 28 + 1:02d}")
Path("orders.csv").write_text("\n".join(rows) + "\n")


@dataclass
class Config:
    source: str
    currency: dict
    drop_status: list
    min_amount: float
    out: str

    @classmethod
    def load(cls, path):
        with open(path) as handle:
            return cls(**json.load(handle))


@dataclass
class Report:
    name: str
    counts: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)

    def note(self, stage, frame):
        self.counts[stage] = len(frame)
        return frame

    def complain(self, message):
        self.problems.append(message)


class Step:
    def __init__(self, report):
        self.report = report

    def __call__(self, frame):
        out = self.run(frame)
        return self.report.note(type(self).__name__, out)

    def run(self, frame):
        raise NotImplementedError


class DropStatus(Step):
    def __init__(self, report, statuses):
        super().__init__(report)
        self.statuses = statuses

    def run(self, frame):
        return frame[~frame["status"].isin(self.statuses)]


class Convert(Step):
    def __init__(self, report, rates):
        super().__init__(report)
        self.rates = rates

    def run(self, frame):
        frame = frame.copy()
        missing = set(frame["currency"]) - set(self.rates)
        if missing:
            self.report.complain(f"no rate for {sorted(missing)}")
        frame["eur"] = frame["amount"] * frame["currency"].map(self.rates).fillna(1.0)
        return frame


class KeepLarge(Step):
    def __init__(self, report, least):
        super().__init__(report)
        self.least = least

    def run(self, frame):
        small = frame[frame["eur"] < self.least]
        if len(small):
            self.report.complain(f"{len(small)} too small")
        return frame.loc[frame["eur"] >= self.least]


def run_pipeline(frame, steps):
    for step in steps:
        frame = step(frame)
    return frame


def summarise(frame):
    by_customer = frame.groupby("customer")["eur"].agg(["sum", "mean", "count"])
    by_customer.columns = ["total", "average", "orders"]
    return by_customer.sort_values("total", ascending=False)


config = Config.load("config.json")
report = Report("nightly")
raw = pd.read_csv(config.source, parse_dates=["day"])
steps = [DropStatus(report, config.drop_status), Convert(report, config.currency), KeepLarge(report, config.min_amount)]
clean = run_pipeline(raw, steps)
summary = summarise(clean)
weekly = clean.set_index("day")["eur"].resample("W").sum()
out = Path(config.out)
out.mkdir(exist_ok=True)
summary.to_csv(out / "summary.csv")
weekly.to_csv(out / "weekly.csv")
(out / "report.json").write_text(json.dumps({"name": report.name, "counts": report.counts, "problems": report.problems}, indent=1))
print(summary.head(3).round(2).to_string())
print("weeks", len(weekly), "best", weekly.idxmax().date())
for name in sorted(path.name for path in out.iterdir()):
    print("wrote", name)
