"""People's rankings of takes, as learning reads them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from db.models import Preference
from db.repositories.preferences import ranked_takes


def test_people_rank_lyrics_and_the_first_ranking_comes_first(session: Session) -> None:
    for kind, judge, prompt in (
        ("lyrics", "person", "one"), ("lyrics", "rubric", "two"), ("audio", "person", "three"),
        ("lyrics", "person", "four"),
    ):  # fmt: skip
        row = Preference(kind=kind, prompt=prompt, takes=["a", "b"], ranking=[1, 0], judge=judge)
        session.add(row)
        session.flush()
    assert [row.prompt for row in ranked_takes(session)] == ["one", "four"]
    assert ranked_takes(session, judge="rubric")[0].ranking == (1, 0)
