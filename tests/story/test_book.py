"""The order of the chapters follows from what each says of itself."""

from __future__ import annotations

from pathlib import Path

from tests.story.book import chapters


def test_a_chapter_that_goes_on_comes_after_the_one_that_it_names_in_the_same_shop() -> None:
    played = {chapter.name: chapter for chapter in chapters()}
    names = list(played)
    for chapter in played.values():
        if chapter.after:
            assert names.index(chapter.after) < names.index(chapter.name)
            assert played[chapter.after].shop == chapter.shop


def test_a_chapter_that_begins_anew_has_shops_of_its_own() -> None:
    named = [shop for chapter in chapters() if not chapter.after for shop in (chapter.shop, *chapter.others)]
    assert len(named) == len(set(named)) >= 4


def test_no_chapter_is_left_out() -> None:
    """One that named a chapter that is not there would never be played."""
    written = {path.stem for path in Path(__file__).with_name("chapters").glob("*.yaml")}
    assert {chapter.name for chapter in chapters()} == written


def test_those_that_go_on_are_played_before_the_next_one_begins(tmp_path: Path) -> None:
    for name, shop, after in [("b", "one", ""), ("a", "two", ""), ("z", "two", "after: a"), ("c", "two", "after: z")]:
        (tmp_path / f"{name}.yaml").write_text(f"shop: {shop}\n{after}\nsteps: []\n")
    assert [chapter.name for chapter in chapters(tmp_path)] == ["a", "z", "c", "b"]
