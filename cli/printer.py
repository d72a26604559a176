"""Prints records in the format of this run: lists, single records, and rows of a stream that goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from cli import output
from cli.cells import clean
from cli.output import Column
from cli.streams import Streams, visible


class Printer:
    """One format on one stdout. ``chosen`` is what --columns said; ``limit`` how many rows a list may have (None: any)."""

    def __init__(self, streams: Streams, format: str, *, chosen: str, limit: int | None, now: Callable[[], int]) -> None:
        self.streams = streams
        self.format = format
        self.chosen = chosen
        self.limit = limit
        self._now = now
        self._began = False

    def rows(self, rows: Iterable[object], columns: Iterable[Column], *, more: int, title: str) -> tuple[int, int]:
        """Print a list and return how many rows were shown, of how many. Only a table is held in memory."""
        columns = self._columns(columns)
        if self.format == "table":
            return self._table(iter(rows), columns, more, title)
        if self.format == "csv":
            self.streams.out(output.csv_line(column.field for column in columns))
        shown = 0

        def counted() -> Iterator[object]:
            nonlocal shown
            for row in islice(rows, self.limit):
                shown += 1
                yield row

        if self.format == "json":
            self._data(output.array(self._objects(counted(), columns)))
        else:
            self._data(self._lines(counted(), columns))
        return shown, shown

    def one(self, record: object, columns: Iterable[Column], *, title: str) -> None:
        """Print one record: a field a line, one JSON object, one CSV row under its header, or its id."""
        columns, row = self._columns(columns), output.record_of(record)
        if self.format == "table":
            heading = f"{visible(title).rstrip()}\n" if title else ""
            self.streams.out(heading + output.fields(row, columns, self._now(), self.streams.paint))
        elif self.format == "json":
            self._data([output.json_text(next(self._objects([row], columns)), indent=2) + "\n"])
        elif self.format == "tsv":
            self._data(output.tsv_line((column.field, output.whole(row, column))) for column in columns)
        else:
            self.rows([row], columns, more=0, title="")

    def live(self, row: object, columns: Iterable[Column]) -> None:
        """Print one row of a stream and hand it over at once; as ``json`` an object a line."""
        columns = self._columns(columns)
        if self.format == "csv" and not self._began:
            self.streams.out(output.csv_line(column.field for column in columns))
        self._began = True
        self._data(self._lines([row], columns))
        self.streams.flush()

    def _columns(self, columns: Iterable[Column]) -> list[Column]:
        if self.chosen:
            return output.choose(columns, self.chosen)
        return [column for column in columns if column.shown or self.format in ("json", "jsonl")]

    def _objects(self, rows: Iterable[object], columns: list[Column]) -> Iterator[dict[str, Any]]:
        return output.objects(rows, columns, only=bool(self.chosen))

    def _lines(self, rows: Iterable[object], columns: list[Column]) -> Iterator[str]:
        if self.format in ("json", "jsonl"):
            return (output.json_text(made) + "\n" for made in self._objects(rows, columns))
        records = (output.record_of(row) for row in rows)
        if self.format == "ids":
            return (output.identifier(record, columns) + "\n" for record in records)
        line = output.csv_line if self.format == "csv" else output.tsv_line
        return (line(output.whole(record, column) for column in columns) for record in records)

    def _data(self, lines: Iterable[str]) -> None:
        """Data as it is; on a terminal with what could act on it made visible."""
        for line in lines:
            self.streams.out(clean(line, keep="\t\r\n") if self.streams.out_terminal else line)

    def _table(self, rows: Iterator[object], columns: list[Column], more: int, title: str) -> tuple[int, int]:
        now = self._now()
        drawn = [
            [output.cell(record, column, now) for column in columns]
            for record in map(output.record_of, islice(rows, self.limit))
        ]
        if drawn:
            width = self.streams.width if self.streams.out_terminal else None
            heading = f"{visible(title).rstrip()}\n\n" if title else ""
            self.streams.out(heading + output.table(drawn, columns, width=width, paint=self.streams.paint))
        return len(drawn), len(drawn) + sum(1 for _ in rows) + more
