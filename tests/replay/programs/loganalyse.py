"""Command line: count what a web server's log says."""
import argparse
import collections
import csv
import datetime as dt
import json
import logging
import re
import sys
from pathlib import Path

logging.basicConfig(filename="run.log", level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
log = logging.getLogger("analyse")
LINE = re.compile(r'(?P<ip>\S+) \[(?P<when>[^\]]+)\] "(?P<verb>[A-Z]+) (?P<path>\S+)" (?P<status>\d{3}) (?P<size>\d+|-)')
Hit = collections.namedtuple("Hit", "ip when verb path status size")


def make_sample(path, count=80):
    with open(path, "w") as out:
        for i in range(count):
            status = 500 if i % 13 == 0 else 404 if i % 7 == 0 else 200
            size = "-" if status == 404 else str(100 + i * 3)
            when = dt.datetime(2024, 5, 1) + dt.timedelta(minutes=17 * i)
            out.write(f'10.0.0.{i % 5} [{when:%Y-%m-%d %H:%M}] "GET /page/{i % 6}" {status} {size}\n')
        out.write("this is no hit\n")


def parse(lines):
    bad = 0
    for number, line in enumerate(lines, 1):
        match = LINE.match(line)
        if match is None:
            bad += 1
            log.warning("line %d: %r", number, line.strip())
            continue
        found = match.groupdict()
        yield Hit(found["ip"], dt.datetime.strptime(found["when"], "%Y-%m-%d %H:%M"), found["verb"], found["path"],
                  int(found["status"]), 0 if found["size"] == "-" else int(found["size"]))
    log.info("%d bad lines", bad)


def by_hour(hits):
    hours = collections.Counter()
    for hit in hits:
        hours[hit.when.hour] += 1
    return dict(sorted(hours.items()))


def errors(hits, least):
    tally = collections.defaultdict(list)
    for hit in hits:
        if hit.status >= least:
            tally[hit.path].append(hit.status)
    return {path: sorted(codes) for path, codes in sorted(tally.items())}


def parser():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--log", default="access.log")
    p.add_argument("--top", type=int, default=3)
    p.add_argument("--errors-from", type=int, default=400)
    p.add_argument("--format", choices=["json", "csv"], default="csv")
    return p


def write(report, fmt):
    target = Path(f"report.{fmt}")
    if fmt == "json":
        target.write_text(json.dumps(report, indent=1, default=str))
    else:
        with target.open("w", newline="") as handle:
            writer = csv.writer(handle)
            for key, value in report.items():
                writer.writerow([key, value])
    return target


def main(argv=None):
    args = parser().parse_args(argv)
    if not Path(args.log).exists():
        make_sample(args.log)
    with open(args.log) as handle:
        hits = list(parse(handle))
    visitors = collections.Counter(hit.ip for hit in hits)
    report = {
        "hits": len(hits),
        "bytes": sum(hit.size for hit in hits),
        "top": visitors.most_common(args.top),
        "hours": by_hour(hits),
        "errors": errors(hits, args.errors_from),
    }
    target = write(report, args.format)
    log.info("wrote %s", target)
    print(f"{report['hits']} hits, {report['bytes']} bytes")
    for ip, count in report["top"]:
        print(f"  {ip}: {count}")
    if report["errors"]:
        print("errors on", ", ".join(report["errors"]))
    return report


if __name__ == "__main__":
    report = main(sys.argv[1:] or ["--top", "2", "--errors-from", "500"])
