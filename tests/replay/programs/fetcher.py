"""Fetch-like work: a thread pool and an event loop over local files."""
import asyncio
import hashlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

FOLDER = Path("pages")
FOLDER.mkdir(exist_ok=True)
for n in range(8):
    FOLDER.joinpath(f"page{n}.html").write_text(f"<title>Page {n}</title>" + "<p>text</p>" * (n + 1))


class Fetcher:
    def __init__(self, folder):
        self.folder = folder
        self.lock = threading.Lock()
        self.seen = {}
        self.failed = []

    def fetch(self, name):
        path = self.folder / name
        try:
            text = path.read_text()
        except FileNotFoundError:
            with self.lock:
                self.failed.append(name)
            return None
        with self.lock:
            self.seen[name] = len(text)
        return text


def title(text):
    return text.partition("<title>")[2].partition("</title>")[0]


def paragraphs(text):
    return text.count("<p>")


fetcher = Fetcher(FOLDER)
names = [f"page{n}.html" for n in range(10)]
pages = {}
with ThreadPoolExecutor(max_workers=1) as pool:
    jobs = {pool.submit(fetcher.fetch, name): name for name in names}
    for job in sorted(as_completed(jobs), key=jobs.get):
        text = job.result()
        if text is not None:
            pages[jobs[job]] = text
titles = {name: title(text) for name, text in pages.items()}
with ThreadPoolExecutor(max_workers=2) as pool:
    counted = list(pool.map(paragraphs, pages.values()))
missing = sorted(fetcher.failed)


async def digest(name, limit, found):
    async with limit:
        await asyncio.sleep(0)
        content = (FOLDER / name).read_bytes()
        found[name] = hashlib.md5(content).hexdigest()[:6]
        return len(content)


async def gather(names):
    limit = asyncio.Semaphore(2)
    found = {}
    sizes = await asyncio.gather(*(digest(name, limit, found) for name in names))
    return dict(sorted(found.items())), sizes


async def ticker(count):
    for i in range(count):
        yield i * i
        await asyncio.sleep(0)


async def collect():
    return [value async for value in ticker(5) if value % 2 == 0]


digests, sizes = asyncio.run(gather(list(pages)))
squares = asyncio.run(collect())
total = sum(sizes)
report = {"titles": titles, "digests": digests, "total": total, "missing": missing}
Path("report.json").write_text(json.dumps(report, indent=1))
print(len(pages), "pages,", total, "bytes")
print("missing", missing)
print(counted, squares)
print(json.loads(Path("report.json").read_text())["titles"]["page3.html"])
