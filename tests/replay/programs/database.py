"""A small database in a file."""

import sqlite3

people = [("ada", 36), ("bob", 25), ("cid", 61), ("dan", 17)]
connection = sqlite3.connect("people.db")
cursor = connection.cursor()
cursor.execute("CREATE TABLE person (name TEXT, age INTEGER)")
cursor.executemany("INSERT INTO person VALUES (?, ?)", people)
connection.commit()
minimum = 18
cursor.execute("SELECT name, age FROM person WHERE age >= ? ORDER BY age", (minimum,))
adults = cursor.fetchall()
cursor.execute("SELECT AVG(age) FROM person")
(average,) = cursor.fetchone()
names = [name for name, _ in adults]
oldest = adults[-1]
connection.close()
print("adults", names)
print("average", average)
