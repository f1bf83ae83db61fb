"""From what people did to lists worth learning from: playlists, and listens cut into sessions.

Pure: frames in, frame out. A list is a playlist or a listening session; both are sentences to song2vec.
Playlists keep their group (`playlist.group_key`), all sessions of a user are one group, so no split parts
what belongs together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.columns import COMPLETION, LISTENED_AT_S, PLAYLIST_ID, POSITION, SONG_ID, USER_ID

LIST_ID = "list_id"
GROUP = "group"
SOURCE = "source"
LISTS: tuple[str, ...] = (LIST_ID, SONG_ID, GROUP, SOURCE)

# A pause after which a listener has come back for something else (ListenBrainz and Last.fm studies use 20 to
# 60).
SESSION_GAP_MINUTES = 30
# A song left earlier than this was not chosen: it says nothing of what goes together.
SKIPPED_BELOW = 0.3
# A radio that runs all day is no sentence: sessions are cut after so many songs.
LONGEST_SESSION = 100
SHORTEST_LIST = 2


def kinship(playlists: pd.DataFrame) -> pd.DataFrame:
    """Which playlists belong together, by playlist_id: columns group and source, numbers from 0.

    Playlists of one group must not be parted by a split; playlists of one source are its snapshots. A
    playlist without either is alone in its own.

    Parameters
    ----------
    playlists : frame of playlist_id, group_key, source_key
    """
    own = "playlist " + playlists[PLAYLIST_ID].astype(str)

    def numbered(keys: pd.Series) -> np.ndarray:
        return np.asarray(pd.factorize(keys.where(keys.notna() & (keys != ""), own), sort=True)[0])

    found = {GROUP: numbered(playlists["group_key"]), SOURCE: numbered(playlists["source_key"])}
    return pd.DataFrame(found, index=pd.Index(playlists[PLAYLIST_ID]))


def playlist_lists(entries: pd.DataFrame, kin: pd.DataFrame) -> pd.DataFrame:
    """Playlist entries as lists.

    Parameters
    ----------
    entries : frame of playlist_id, position, song_id
    kin : frame of group, source
        Of each playlist, by playlist_id (`kinship`).

    Returns
    -------
    frame of list_id, song_id, group, source
        In order of list and position; `list_id` is the playlist's id.
    """
    ordered = entries.sort_values([PLAYLIST_ID, POSITION], kind="stable")
    of_entry = kin.loc[ordered[PLAYLIST_ID].to_numpy()]
    return pd.DataFrame(
        {
            LIST_ID: ordered[PLAYLIST_ID].to_numpy(np.int64),
            SONG_ID: ordered[SONG_ID].to_numpy(np.int64),
            GROUP: of_entry[GROUP].to_numpy(np.int64),
            SOURCE: of_entry[SOURCE].to_numpy(np.int64),
        }
    )


def session_lists(
    listens: pd.DataFrame, *, first_list: int, first_group: int, first_source: int = 0
) -> pd.DataFrame:
    """Listens as lists: a user's plays without a pause of 30 minutes, skipped songs left out.

    The sessions of a user are one group, each is a source of its own.

    Parameters
    ----------
    listens : frame of user_id, song_id, listened_at_s, completion
    first_list, first_group, first_source : int
        Where the numbering goes on.
    """
    if listens.empty:
        return _no_lists()
    kept = listens[~(listens[COMPLETION] < SKIPPED_BELOW)]
    kept = kept.sort_values([USER_ID, LISTENED_AT_S, SONG_ID], kind="stable")
    if kept.empty:
        return _no_lists()
    user = kept[USER_ID].to_numpy(np.int64)
    time = kept[LISTENED_AT_S].to_numpy(np.int64)
    new_user = np.concatenate([[True], user[1:] != user[:-1]])
    pause = np.concatenate([[True], np.diff(time) > SESSION_GAP_MINUTES * 60])
    session = np.cumsum(new_user | pause) - 1
    start = np.flatnonzero(np.concatenate([[True], np.diff(session) > 0]))
    within = np.arange(len(kept)) - start[session]
    piece = np.cumsum((within % LONGEST_SESSION) == 0) - 1
    return pd.DataFrame(
        {
            LIST_ID: first_list + piece,
            SONG_ID: kept[SONG_ID].to_numpy(np.int64),
            GROUP: first_group + np.cumsum(new_user) - 1,
            SOURCE: first_source + piece,
        }
    )


def training_lists(entries: pd.DataFrame, kin: pd.DataFrame, listens: pd.DataFrame) -> pd.DataFrame:
    """Every list to learn from: playlists first, then sessions; lists of fewer than two songs are left
    out.
    """
    playlists = playlist_lists(entries, kin)
    following = playlists.max() + 1 if len(playlists) else dict.fromkeys(LISTS, 0)
    sessions = session_lists(
        listens,
        first_list=int(following[LIST_ID]),
        first_group=int(following[GROUP]),
        first_source=int(following[SOURCE]),
    )
    lists = pd.concat([playlists, sessions], ignore_index=True)
    different = lists.groupby(LIST_ID)[SONG_ID].transform("nunique")
    return lists[different >= SHORTEST_LIST].reset_index(drop=True)


def _no_lists() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="int64") for name in LISTS})
