"""Every capability, webhook topic and sweep takes part in the measurement of size, and its report says what grows."""

from __future__ import annotations

from app.capabilities import CAPABILITIES
from bench.scale.explain import Finding
from bench.scale.measure import Timing
from bench.scale.plans import Growth, Indexes, Kind, postgres_growth, sqlite_growth
from bench.scale.report import Run, text
from bench.scale.rows import FILLERS, NO_ROWS
from bench.scale.use_cases import USE_CASES
from bench.scale.use_cases.model import Part
from bench.scale.use_cases.sweeps import DUE, NEVER_DUE
from bench.scale.use_cases.webhooks import PAYLOADS
from handlers.webhooks import TOPICS

TABLES = {"assets", "orders"}
INDEXES = Indexes({"ix_rare"}, {"ix_shop_time": ["shop_id", "made_at"]})


def test_every_capability_has_rows_or_a_reason() -> None:
    assert {*FILLERS, *NO_ROWS} == {each.name for each in CAPABILITIES}
    assert FILLERS.keys() & NO_ROWS.keys() == set()


def test_every_topic_has_a_payload() -> None:
    assert PAYLOADS.keys() == TOPICS.keys()


def test_every_sweep_is_measured_with_work_or_has_a_reason() -> None:
    assert {*DUE, *NEVER_DUE} == {name for each in CAPABILITIES for name in each.sweeps}


def test_use_cases_have_names_of_their_own() -> None:
    assert len({each.name for each in USE_CASES}) == len(USE_CASES)


def sqlite(*plan: str, sql: str = "SELECT 1 FROM assets") -> set[Growth]:
    """The reads that grow in a plan whose steps, after a slash, belong to a subquery."""
    lines = [(number, int("/" in line), line.removeprefix("/")) for number, line in enumerate(plan, 2)]
    return sqlite_growth(sql, lines, TABLES, INDEXES)


def test_a_full_scan_on_sqlite_is_found() -> None:
    assert sqlite("SCAN assets") == {Growth(Kind.SCAN, "assets")}
    along = "SCAN photo USING COVERING INDEX ix_shop"
    assert sqlite(along, sql="SELECT 1 FROM assets AS photo LIMIT 1") == {Growth(Kind.SCAN, "assets", "ix_shop")}
    automatic = "SEARCH assets USING AUTOMATIC COVERING INDEX (id=?)"
    assert sqlite(automatic) == {Growth(Kind.SCAN, "assets")}


def test_a_read_of_a_whole_shop_on_sqlite_is_found_and_so_is_its_sort() -> None:
    whole = "SEARCH assets USING INDEX ix_shop (shop_id=?)"
    assert sqlite(whole) == {Growth(Kind.WHOLE_SHOP, "assets", "ix_shop")}
    sort = "USE TEMP B-TREE FOR ORDER BY"
    assert sqlite(whole, sort, sql="SELECT 1 FROM assets LIMIT 9") == {Growth(Kind.SORT, "assets", "ix_shop")}
    assert sqlite("SCAN assets", sort) == {Growth(Kind.SORTED_SCAN, "assets")}


def test_what_stays_small_on_sqlite_is_not_found() -> None:
    assert sqlite("SEARCH assets USING INDEX ix_shop (shop_id=? AND id>?)") == set()
    assert sqlite("SEARCH assets USING INDEX ix_shop (shop_id=?)", sql="SELECT 1 FROM assets LIMIT 9") == set()
    page = "/SEARCH assets USING INDEX ix_shop (shop_id=?)", "/USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"
    assert sqlite(*page, "USE TEMP B-TREE FOR ORDER BY", sql="SELECT 1 FROM assets LIMIT 9") == set()
    assert sqlite("SCAN assets USING INDEX ix_rare") == set()
    assert sqlite("SCAN heads", "SCAN CONSTANT ROW", "MATERIALIZE candidates") == set()
    end = "SEARCH assets USING COVERING INDEX ix_shop_time (shop_id=?)"
    assert sqlite(end, sql="SELECT max(assets.made_at) FROM assets WHERE assets.shop_id = ?") == set()


def test_reads_that_grow_on_postgres_are_found() -> None:
    scan = {"Node Type": "Seq Scan", "Relation Name": "assets"}
    assert postgres_growth({"Node Type": "Limit", "Plans": [scan]}, TABLES, INDEXES) == {Growth(Kind.SCAN, "assets")}
    bitmap = {"Node Type": "Bitmap Index Scan", "Index Name": "ix_shop", "Index Cond": "(shop_id = 'a'::text)"}
    heap = {"Node Type": "Bitmap Heap Scan", "Relation Name": "orders", "Plans": [bitmap]}
    whole = Growth(Kind.WHOLE_SHOP, "orders", "ix_shop")
    assert postgres_growth({"Node Type": "Limit", "Plans": [heap]}, TABLES, INDEXES) == {whole}
    sort = {"Node Type": "Limit", "Plans": [{"Node Type": "Sort", "Plans": [heap]}]}
    assert postgres_growth(sort, TABLES, INDEXES) == {Growth(Kind.SORT, "orders", "ix_shop")}


def test_what_stays_small_on_postgres_is_not_found() -> None:
    page = {
        "Node Type": "Index Scan",
        "Relation Name": "orders",
        "Index Name": "ix_shop",
        "Index Cond": "(shop_id = 'it''s id > 1'::text)",
    }
    assert postgres_growth({"Node Type": "Limit", "Plans": [page]}, TABLES, INDEXES) == set()
    row = page | {"Index Cond": "((shop_id = 'a'::text) AND (id = 'b'::text))"}
    assert postgres_growth(row, TABLES, INDEXES) == set()


def timing(name: str, p95_ms: float) -> Timing:
    return Timing(name, Part.REQUEST, "largest", 20, p95_ms, p95_ms, p95_ms, 1.0)


def test_the_report_says_what_grows_and_which_reads_do() -> None:
    scan = Finding("Home", Growth(Kind.SCAN, "assets"), False, "SELECT")
    runs = [
        Run("sqlite", 0.01, False, [timing("Home", 10), timing("offer", 3)], []),
        Run("sqlite", 1.0, False, [timing("Home", 50), timing("offer", 4)], [scan]),
        Run("sqlite", 0.01, True, [timing("Home", 10)], []),
        Run("sqlite", 1.0, True, [timing("Home", 11)], []),
    ]
    lines = [line.split() for line in text(runs).splitlines()]
    assert ["Home", "largest", "10.0", "(10.0)", "50.0", "(50.0)", "5.0", "/", "5.0", "1.0", "grows"] in lines
    assert [line[-1] for line in lines if line[:1] == ["offer"]] == ["1.0"]
    assert ["Home", "full", "scan", "of", "assets"] in lines
