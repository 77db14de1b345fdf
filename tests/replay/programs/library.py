"""A lending library in SQLite behind a repository class."""
import contextlib
import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Iterator, Optional

SCHEMA = """
create table if not exists books (id integer primary key, title text not null, author text, copies integer default 1);
create table if not exists loans (id integer primary key, book integer references books(id), who text, due text, back text);
"""


class Status(Enum):
    FREE = "free"
    OUT = "out"


class NotAvailable(Exception):
    pass


@dataclass(frozen=True)
class Book:
    id: int
    title: str
    author: str
    copies: int


class Repository:
    def __init__(self, path):
        self.connection = sqlite3.connect(path)
        self.connection.row_factory = sqlite3.Row
        self.connection.executescript(SCHEMA)
        self.queries = 0

    @contextlib.contextmanager
    def transaction(self):
        try:
            yield self.connection
            self.connection.commit()
        except Exception:
            self.connection.rollback()
            raise

    def _ask(self, sql, *args):
        self.queries += 1
        return self.connection.execute(sql, args).fetchall()

    def add(self, title, author, copies=1):
        with self.transaction() as db:
            cursor = db.execute("insert into books (title, author, copies) values (?, ?, ?)", (title, author, copies))
        return cursor.lastrowid

    def get(self, book_id) -> Optional[Book]:
        rows = self._ask("select * from books where id = ?", book_id)
        return Book(**rows[0]) if rows else None

    def books(self) -> Iterator[Book]:
        for row in self._ask("select * from books order by title"):
            yield Book(**row)

    def status(self, book_id):
        out = self._ask("select count(*) as n from loans where book = ? and back is null", book_id)[0]["n"]
        return Status.OUT if out >= self.get(book_id).copies else Status.FREE

    def lend(self, book_id, who, day, weeks=2):
        if self.status(book_id) is Status.OUT:
            raise NotAvailable(f"book {book_id}")
        due = day + timedelta(weeks=weeks)
        with self.transaction() as db:
            db.execute("insert into loans (book, who, due) values (?, ?, ?)", (book_id, who, due.isoformat()))
        return due

    def give_back(self, book_id, who, day):
        with self.transaction() as db:
            db.execute("update loans set back = ? where book = ? and who = ? and back is null", (day.isoformat(), book_id, who))

    def overdue(self, day):
        rows = self._ask("select title, who, due from loans join books on books.id = book where back is null and due < ?", day.isoformat())
        return [(row["title"], row["who"], row["due"]) for row in rows]


today = date(2024, 3, 1)
repository = Repository("library.db")
titles = [("Emma", "Austen", 1), ("Ulysses", "Joyce", 2), ("Dune", "Herbert", 1), ("Beloved", "Morrison", 1)]
ids = {title: repository.add(title, author, copies) for title, author, copies in titles}
due = {}
refused = []
for title, who, offset in [("Emma", "ann", 0), ("Emma", "bob", 1), ("Dune", "bob", 2), ("Ulysses", "cy", 3), ("Ulysses", "ann", 4), ("Ulysses", "dee", 5)]:
    try:
        due[title, who] = repository.lend(ids[title], who, today + timedelta(days=offset))
    except NotAvailable as error:
        refused.append((who, str(error)))
repository.give_back(ids["Emma"], "ann", today + timedelta(days=6))
late = repository.overdue(today + timedelta(days=17))
shelf = [book.title for book in repository.books()]
states = {title: repository.status(number).value for title, number in ids.items()}
popular = repository._ask("select title, count(*) as n from loans join books on books.id = book group by book order by n desc, title")
ranking = [(row["title"], row["n"]) for row in popular]
print(len(shelf), "books:", ", ".join(shelf))
print(refused)
for title, who, when in late:
    print("late:", title, who, when)
print(states["Emma"], states["Ulysses"], ranking[0], repository.queries)
