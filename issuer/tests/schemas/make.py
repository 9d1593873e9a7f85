"""Writes `NNNN.sql` for each migration that has none: the tables as of that migration, with data.

    python3 make.py

The data is put into the tables of migration 0001 and goes through every migration after it, on
SQLite. A dump that is there is never written again: it shows what once landed.
"""

import pathlib
import sqlite3

HERE = pathlib.Path(__file__).parent
NEVER_THE_LAST = range(2, 9)  # came in one piece with the one after them
MIGRATIONS = sorted((HERE.parent.parent / "migrations").glob("*.sql"))


def dump(db):
    """Tables in the order in which they were made, then rows, then indices."""
    made = list(db.execute("SELECT type, name, sql FROM sqlite_master WHERE sql NOT NULL ORDER BY rowid"))
    for kind, name, sql in made:
        if kind == "table":
            yield f"{sql};"
    for kind, name, _ in made:
        if kind == "table":
            rows = db.execute(f'SELECT * FROM "{name}"')
            columns = ", ".join(f'"{column[0]}"' for column in rows.description)
            for row in rows:
                values = ", ".join(
                    "NULL" if v is None else str(v) if isinstance(v, int) else "'" + v.replace("'", "''") + "'"
                    for v in row
                )
                yield f'INSERT INTO "{name}" ({columns}) VALUES ({values});'
    for kind, _, sql in made:
        if kind == "index":
            yield f"{sql};"


db = sqlite3.connect(":memory:", isolation_level=None)
for migration in MIGRATIONS:
    db.executescript(migration.read_text())
    if migration.name.startswith("0001_"):
        db.executescript((HERE / "data.sql").read_text())
    if int(migration.name[:4]) in NEVER_THE_LAST:
        continue
    file = HERE / f"{migration.name[:4]}.sql"
    if not file.exists():
        file.write_text("\n".join(dump(db)) + "\n")
