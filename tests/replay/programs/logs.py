"""Text processing: parse a log, count, write a report."""

import re
from collections import Counter, defaultdict
from datetime import datetime

LINE = re.compile(r"(?P<when>\S+ \S+) (?P<level>[A-Z]+) (?P<text>.*)")
levels = Counter()
hosts = defaultdict(list)
first = last = None
unparsed = 0
with open("data/log.txt") as handle:
    for line in handle:
        match = LINE.match(line)
        if match is None:
            unparsed += 1
            continue
        when = datetime.strptime(match["when"], "%Y-%m-%d %H:%M:%S")
        first = first or when
        last = when
        levels[match["level"]] += 1
        found = re.search(r"host=(\w+)", match["text"])
        if found:
            hosts[found[1]].append(match["level"])
duration = (last - first).total_seconds()
errors = levels["ERROR"]
worst = sorted(hosts, key=lambda host: -hosts[host].count("ERROR"))
summary = ", ".join(f"{level}: {count}" for level, count in sorted(levels.items()))
report = f"""Report
{summary}
duration: {duration:.0f} s
"""
with open("report.txt", "w") as out:
    out.write(report)
print(summary)
print("hosts", worst)
