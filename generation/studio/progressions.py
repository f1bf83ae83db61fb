"""The book of chord progressions, by genre, family of mode and kind of section.

Numerals are those of `theory.parse_numeral`; `|` divides bars, chords of one bar share it. Rows begin with
genre, mode and kind; further progressions follow after `;`, on lines that are set in. Loops that stress the
relative key more than the tonic (vi IV I V, bVI bVII i without a dominant) are left out on purpose: the
ear, and a key finder, should not have to guess.
"""

from __future__ import annotations

from functools import cache

_BOOK = """
rock major verse: I | I | IV | I ; I | V | IV | I ; I | iii | IV | I ; I | I/3 | IV | V
    ; I IV | I | I IV | V
rock major chorus: I | V | vi | IV ; I | IV | V | I ; I | IV | I | V ; I | IV | V | I V
    ; I V | IV | I V | IV I
rock minor verse: i | i | bVI | V ; i | iv | i | v ; i | bVII | iv | i ; i | i | iv | i ; i | bVI | i | i
    ; i | bVI | iv | i
rock minor chorus: i | bVI | iv | V ; i | iv | bVII | i ; i | bVI | bVII | i ; i | v | iv | i
rock mixolydian verse: I | bVII | IV | I ; I | I | bVII | IV ; I | I | IV | I
rock mixolydian chorus: I bVII | IV I | I bVII | IV I ; I | bVII | IV | I
pop major verse: I | V | vi | IV ; I | vi | IV | V ; I | iii | IV | I ; I | IV | I | V ; I | I/3 | IV | I
    ; I | ii | IV | I
pop major chorus: I | V | vi | IV ; I | IV | vi | I V ; I | vi | IV | I ; I | IV | ii7 V | I
    ; I | iii | IV | I V ; I | IV | I | V
pop minor verse: i | bVI | iv | V ; i | iv | i | V ; i | bVII | iv | i ; i | v | bVI | i ; i | i | iv | i
pop minor chorus: i | bVI | iv | V ; i | iv | bVII | i ; i | bVI | i | V ; i | bIII | iv | V
edm major verse: I | IV | I | V ; I | Ia9 | IV | IV ; I | I | IV | I ; I | vi | IV | I
edm major chorus: I | V | vi | IV ; I | IV | I | V ; I | IV | vi | I ; I | IV | V | I ; I | V | IV | I
edm minor verse: i | i | iv | i ; i | bVI | i | v ; i | iv | i | v ; i | i | bVI | i ; i | bVI | i | iv
edm minor chorus: i | bVI | iv | v ; i | bVI | iv | i ; i | v | bVI | i ; i | iv | i | V
techno minor verse: i | i | i | i ; i7 | i7 | iv7 | i7 ; i | i | v | i ; i | i | i | bVI
techno minor chorus: i | i | bVI | i ; i7 | i7 | i7 | v7 ; i | iv | i | i ; i7 | i7 | i7 | i7
techno phrygian verse: i | i | i | bII ; i | i | i | i
techno phrygian chorus: i | bII | i | i ; i | i | bII | i
techno dorian verse: i7 | i7 | IV | i7 ; i7 | i7 | i7 | i7
techno dorian chorus: i7 | IV | i7 | i7 ; i7 | i7 | IV | IV
techno major verse: I | I | I | I ; Ia9 | Ia9 | IV | Ia9
techno major chorus: I | I | IV | I ; I | V | I | I
hip hop minor verse: i7 | i7 | iv7 | i7 ; i | bVI | i | v ; i9 | iv9 | i9 | V7 ; i7 | i7 | bVIM7 | V7
    ; i7 | iv7 | i7 | bVIM7 ; i | i | bVI | V7
hip hop minor chorus: i | bVI | iv | V ; i7 | iv7 | bVIM7 | V7 ; i7 | v7 | iv7 | i7 ; i | iv | i | V
hip hop major verse: I6 | vi7 | ii7 V7 | I6 ; IM7 | IM7 | IVM7 | I6 ; I | IV | I | V
hip hop major chorus: I6 | ii7 | IVM7 | I6 ; I | V | vi7 | IVM7 ; I6 | ii7 | I6 | V7
jazz major verse: IM7 vi7 | ii7 V7 | I6 | ii7 V7 ; I6 | vi7 | ii7 V7 | I6 ; IM7 | I6 | ii7 V7 | I6
    ; ii7 | V7 | IM7 | I6 ; I6 | VI7 | ii7 V7 | I6 ; IM7 | IV6 | I6 | ii7 V7 ; I6 | IV7 | I6 | ii7 V7
jazz major bridge: IVM7 | iv6 | IM7 | IM7 ; ii7 | V7 | IM7 | vi7
    ; III7 | III7 | VI7 | VI7 | II7 | II7 | ii7 | V7 ; IVM7 | IM7 | ii7 V7 | IM7
    ; IVM7 | IVM7 | IM7 VI7 | ii7 V7 | IM7
jazz minor verse: i6 | iih7 V7 | i6 | i6 ; i7 | iv7 | iih7 V7 | i6 ; i6 | i7 | iih7 V7 | i6
    ; iih7 | V7 | i6 | i6 ; i6 | iv6 | i6 | iih7 V7 ; i6 | bVI7 | iih7 V7 | i6 ; i6 | bVI7 | i6 | iih7 V7
    ; i7 | iv7 | i7 | iih7 V7 ; i7 | iv7 | bVI7 V7 | i6
jazz minor bridge: iv7 | iv7 | i7 | i7 ; iv7 | i6 | iih7 | V7 ; iv7 | i6 | iih7 V7 | i6
    ; bVIM7 | V7 | i6 | i6
jazz dorian verse: i7 | i7 | i7 | i7 ; i7 | IV7 | i7 | i7
jazz dorian bridge: iv7 | i7 | iv7 | i7 ; ii7 | i7 | IV7 | i7
blues major verse:  I7 | I7 | I7 | I7 | IV7 | IV7 | I7 | I7 | V7 | IV7 | I7 | V7
    ; I7 | IV7 | I7 | I7 | IV7 | IV7 | I7 | I7 | V7 | IV7 | I7 | V7
    ; I6 | I6 | I6 | I7 | IV7 | IV7 | I6 | I6 | V7 | V7 | I6 | V7
    ; I | I | I | I | IV | IV | I | I | V | IV | I | V
    ; I | IV | I | I | IV | IV | I | I | V7 | IV | I | V7
blues minor verse: i7 | i7 | i7 | i7 | iv7 | iv7 | i7 | i7 | bVI7 | V7 | i7 | V7
    ; i | iv7 | i | i7 | iv7 | iv7 | i7 | i7 | V7 | iv7 | i7 | V7
    ; i | i | i | i | iv | iv | i | i | V7 | iv | i | V7
classical major verse: I | V7/3 | I | V ; I | IV/5 | V7 | I ; I | ii/3 | V7 | I ; I | vi | ii/3 | V
    ; I | I/3 | IV | V ; I V/3 | I | IV I/5 | V ; I | IV/5 | I | ii/3 V7 ; I | ii/3 V7 | I | IV I
    ; I | IV | I/5 V7 | I
classical major chorus: I | IV | I/5 V7 | I ; I | vi | ii/3 V7 | I ; I | V7/5 | I/3 | V
classical major bridge: V7/5 | I | ii/3 V | I ; vi | II7 | V | I ; IV | I/3 | V7 | I ; ii | V7/3 | I | I V
    ; vi | ii/3 | I/5 | V7
classical minor verse: i | V7/3 | i | V ; i | iv/3 | V | i ; i | iih7/3 | V7 | i ; i | bVI | iv | V
    ; i | iv/5 | i | V ; i | bVI | iih7/3 V7 | i
classical minor chorus: i | iv | i/5 V7 | i ; i | V/3 | i | V ; i | bVI | iih7/3 V7 | i
    ; i | iv | bVI V7 | i
classical minor bridge: iv | V/3 | i | i ; iv | i/3 | iih7/3 | V ; bIII | bVI | iv V | i
    ; i/3 | iv | i/5 | V7 ; bVI | iv | i | V
ambient major verse: Ia9 | Ia9 | IVM7 | IVM7 ; IM9 | IVM9 | IM9 | I ; Is2 | I | IVM7 | I
    ; Ia9 | vi7 | IVM7 | Ia9 ; I | I | IV | I
ambient major chorus: Ia9 | V | IVM7 | Ia9 ; I | IVM7 | Ia9 | I ; I | IVM7 | I | IVM7 ; I | ii7 | IVM7 | I
ambient minor verse: i9 | i9 | bVIM7 | bVIM7 ; i9 | iv9 | i9 | i9 ; i | i9 | v7 | i ; is2 | is2 | i | i
    ; i | bVIM7 | i | i ; i | bVIM7 | iv | i
ambient minor chorus: i9 | v7 | bVIM7 | i9 ; i9 | bVIM7 | iv9 | i9 ; i | bVIM7 | i | bVIM7
    ; i | iv | bVIM7 | i
ambient dorian verse: i9 | IV | i9 | IV ; i7 | i7 | IV | i7
ambient dorian chorus: i9 | i9 | IVa9 | i9 ; i9 | v7 | IV | i9
folk major verse: I | I | IV | I ; I | IV | I | V ; I | V | I | V ; I | I | V | I ; I vi | IV V | I vi | V
    ; I | I IV | I | I V ; I | IV | I IV | I ; I IV | I | IV | I V
folk major chorus: IV | I | V | I ; I | IV | V | I ; I IV | I | V | I ; I | vi | IV V | I
    ; IV | I | IV V | I ; I | IV | I V | I
folk minor verse: i | i | bVII | i ; i | iv | i | V ; i | v | i | v ; i | bVII | i | v ; i | i | bVI | i
    ; i | bVI | i | V ; i | iv | i | i ; i | bVI | iv | i
folk minor chorus: iv | i | V | i ; i | bVI | v | i ; i | bVII | i v | i ; bVI | i | iv | i
    ; i | bVI | iv | V
folk dorian verse: i | i | bVII | bVII ; i | i | bVII | i
folk dorian chorus: i | IV | bVII | i ; i | bVII | i bVII | i
folk mixolydian verse: I | I | bVII | I ; I | bVII | I | V
folk mixolydian chorus: I | IV | bVII | I ; I | bVII | IV | I
country major verse: I | I | IV | I ; I | IV | I | V ; I | I | V | V ; I I7 | IV | V | I
    ; I | I/3 | IV | V ; I | IV | I IV | I ; I | I | IV | I V
country major chorus: IV | I | V | I ; I | IV | I V | I ; I | V | IV | I ; IV | V | I vi | IV V
country minor verse: i | i | iv | i ; i | bVII | i | v ; i | bVI | iv | i ; i | i | bVI | V
country minor chorus: iv | i | V | i ; i | bVI | bVII | i ; i | bVI | iv | V
metal minor verse: i | i | bVI | V ; i | bVI | i | V ; i | i | i | bVI ; i | i | bVI | i ; i | i | i bVI | i
    ; i bVI | i | i bVI | V ; i | i | i | i V
metal minor chorus: i | bVI | i | V ; i | bVI | bVII | i ; i bVI | i | i V | i ; i | i | bVI V | i
    ; i | bVI | iv V | i ; i V | i | bVI V | i
metal minor bridge: i | bVI | i | V ; i | i | bVI | V ; i V | i | i bVI | V
metal minor prechorus: i | i | bVI | V ; i | V | i | V
metal phrygian verse: i | i | i | bII ; i | bII | i | i ; i | i | bII | i
metal phrygian chorus: i | i bII | i | i ; i | bVI | bII | i ; i bII | i | i bII | i
latin major verse: I | I | V7 | I ; I6 | ii7 | V7 | I6 ; I | IV | V7 | I ; I6 | I6 | ii7 V7 | I6
    ; I | IV | I | I V7 ; I | IV | IV V7 | I
latin major chorus: I | IV | V | I ; I IV | V I | I IV | V I ; I | ii7 | V7 | I6 ; I | IV | V7 | I
    ; I | IV | I V7 | I ; IV | I | IV V7 | I
latin minor verse: i | i | iv | V7 ; i6 | iih7 V7 | i6 | V7 ; i | V7 | V7 | i ; i | iv | V7 | i
    ; i | bVI | iv | V7 ; i | i | bVI | V7 ; i | iv | i | i V7
latin minor chorus: i | iv | V7 | i ; i | bVII | bVI | V7 ; i iv | V7 | i iv | V7 ; i | bVI | iv | V7
    ; i | iv | bVI V7 | i ; i | bVI | i | iv V7
reggae major verse: I | I | IV | IV ; I | IV | I | IV ; I | ii | I | ii ; I | V | IV | I
reggae major chorus: I | IV | I | V ; I | V | vi | IV ; I | IV | V | I ; I | vi | IV | I V
    ; I | V | IV | I
reggae minor verse: i | i | iv | i ; i | iv | i | iv ; i | v | i | v ; i | bVI | i | i ; i | iv | bVI | i
reggae minor chorus: i | iv | v | i ; i | bVII | iv | i ; i | iv | i | V ; i | bVI | iv | i
    ; i | bVI | i | iv
funk minor verse: i7 | i7 | i7 | i7 ; i7 | i7 | iv7 | i7 ; i9 | i9 | i9 | v7 ; i7 | i7 | bVI7 | i7
    ; i7 | iv7 | i7 | i7
funk minor chorus: i7 | iv7 | i7 | V7 ; i7 | bVII | iv7 | i7 ; i9 | iv7 | v7 | i9 ; i7 | iv7 | bVI7 | i7
    ; i7 | bVI7 | iv7 | i7
funk mixolydian verse: I7 | I7 | I7 | I7 ; I9 | I9 | IV9 | I9 ; I7 | I7 | I7 | bVII
funk mixolydian chorus: IV9 | I9 | IV9 | I9 ; I9 | bVII | IV9 | I9
funk dorian verse: i7 | IV9 | i7 | IV9 ; i9 | i9 | IV9 | i9
funk dorian chorus: i7 | i7 | IV9 | i7 ; i9 | IV9 | v7 | i9
funk major verse: I | IV9 | I | IV9 ; I6 | I6 | ii7 | V9
funk major chorus: I | vi7 | ii7 | V9 ; I6 | IV9 | I6 | V9
chiptune major verse: I | V | vi | I ; I | IV | V | I ; I | iii | IV | I V ; I | I | ii | V
    ; I | IV | I | V ; I | IV | vi | IV V ; I IV | I | IV | I V
chiptune major chorus: I | V | IV | I ; I | IV | I V | I ; I IV | V | I IV | V I ; I | vi | ii V | I
    ; I | IV | ii V | I ; I | vi | IV | I
chiptune minor verse: i | i | bVI | V ; i | iv | V | i ; i | bVII | bVI | V ; i | bVI | iv | V
    ; i | bVI | i | V
chiptune minor chorus: i | bVI | iv | V ; i | iv | bVII | i ; i | V | bVI | V ; i | bVI | iv | i
    ; i | iv | bVI | V
any major verse: I | IV | I | V ; I | vi | IV | V
any major chorus: I | V | IV | I ; I | IV | V | I
any major prechorus: IV | I | IV | V ; ii | IV | I | V ; vi | IV | I | V ; IV | I/3 | IV | V
    ; IV V | I | IV | V
any major bridge: IV | I | IV | V ; vi | IV | I | V ; IV | iv | I | V ; IV | I/3 | ii V | I
    ; IV | I | ii | V
any minor verse: i | iv | i | v ; i | bVI | iv | V
any minor chorus: i | iv | V | i ; i | bVI | bVII | i
any minor prechorus: iv | i | iv | V ; bVI | iv | i | V ; iv | i | bVI | V ; iv V | i | iv | V
any minor bridge: iv | i | iv | V ; bVI | iv | i | V ; iv | bVI | i | V ; bVI | i | iv | i V
    ; iv | i | bVI | V
any dorian verse: i | IV | i | IV ; i | i | IV | i
any dorian chorus: i | bVII | IV | i ; i | IV | v | i
any dorian prechorus: i | IV | i | v ; bVII | IV | i | i
any dorian bridge: IV | i | v | i ; bIII | i | v | i
any phrygian verse: i | i | bII | i ; i | bII | i | bvii
any phrygian chorus: i | bII | bVI | i ; i | bvii | bII | i
any phrygian prechorus: i | bII | i | bII ; bVI | bII | i | i
any phrygian bridge: bVI | i | bII | i ; iv | i | bII | i
any mixolydian verse: I | bVII | I | IV ; I | v | IV | I
any mixolydian chorus: I | IV | bVII | I ; I | bVII | IV | I
any mixolydian prechorus: IV | I | IV | v ; ii | IV | I | bVII
any mixolydian bridge: IV | I | IV | I ; bVII | I | v | I
"""


def progressions(genre: str, mode: str, kind: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Return the progressions of a genre for a kind of section: bars of numerals each.

    `kind` is "verse", "prechorus", "chorus" or "bridge"; what a genre has none of its own for comes from the
    general book of the mode.
    """
    book = _book()
    own = [(genre, mode, kind), (genre, mode, "verse" if kind == "chorus" else kind), ("any", mode, kind)]
    for page in own:
        if page in book:
            return book[page]
    raise ValueError(f"no progressions for {mode!r} {kind!r}; kinds are verse, prechorus, chorus, bridge")


@cache
def _book() -> dict[tuple[str, str, str], tuple[tuple[tuple[str, ...], ...], ...]]:
    pages = {}
    for line in _BOOK.strip().replace("\n    ;", " ;").splitlines():
        head, rows = line.split(":", 1)
        genre, mode, kind = head.rsplit(" ", 2)
        pages[genre, mode, kind] = tuple(
            tuple(tuple(bar.split()) for bar in row.split("|")) for row in rows.split(";")
        )
    return pages
