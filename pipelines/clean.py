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
LISTS: tuple[str, ...] = (LIST_ID, SONG_ID, GROUP)

# A pause after which a listener has come back for something else (ListenBrainz and Last.fm studies use 20 to
# 60).
SESSION_GAP_MINUTES = 30
# A song left earlier than this was not chosen: it says nothing of what goes together.
SKIPPED_BELOW = 0.3
# A radio that runs all day is no sentence: sessions are cut after so many songs.
LONGEST_SESSION = 100
SHORTEST_LIST = 2


def group_keys(playlists: pd.DataFrame) -> pd.Series:
    """The group of each playlist, by playlist_id; one without a group is a group of its own.

    Parameters
    ----------
    playlists : frame of playlist_id, group_key
    """
    own = "playlist " + playlists[PLAYLIST_ID].astype(str)
    keys = playlists["group_key"].where(playlists["group_key"].notna(), own)
    return pd.Series(keys.to_numpy(), index=playlists[PLAYLIST_ID].to_numpy())


def playlist_lists(entries: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Playlist entries as lists.

    Parameters
    ----------
    entries : frame of playlist_id, position, song_id
    groups : str Series indexed by playlist_id
        The group key of each playlist.

    Returns
    -------
    frame of list_id, song_id, group
        In order of list and position; `list_id` is the playlist's id, `group` a number from 0.
    """
    ordered = entries.sort_values([PLAYLIST_ID, POSITION], kind="stable")
    number, _ = pd.factorize(groups, sort=True)
    of_playlist = pd.Series(number, index=groups.index)
    group = of_playlist.reindex(ordered[PLAYLIST_ID]).to_numpy()
    return pd.DataFrame(
        {
            LIST_ID: ordered[PLAYLIST_ID].to_numpy(np.int64),
            SONG_ID: ordered[SONG_ID].to_numpy(np.int64),
            GROUP: group.astype(np.int64),
        }
    )


def session_lists(listens: pd.DataFrame, *, first_list: int, first_group: int) -> pd.DataFrame:
    """Listens as lists: a user's plays without a pause of 30 minutes, skipped songs left out.

    Parameters
    ----------
    listens : frame of user_id, song_id, listened_at_s, completion
    first_list, first_group : int
        Where the numbering of lists and groups goes on.
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
        }
    )


def training_lists(entries: pd.DataFrame, groups: pd.Series, listens: pd.DataFrame) -> pd.DataFrame:
    """Every list to learn from: playlists first, then sessions; lists of fewer than two songs are left
    out.
    """
    playlists = playlist_lists(entries, groups)
    first_list = int(playlists[LIST_ID].max()) + 1 if len(playlists) else 0
    first_group = int(playlists[GROUP].max()) + 1 if len(playlists) else 0
    sessions = session_lists(listens, first_list=first_list, first_group=first_group)
    lists = pd.concat([playlists, sessions], ignore_index=True)
    different = lists.groupby(LIST_ID)[SONG_ID].transform("nunique")
    return lists[different >= SHORTEST_LIST].reset_index(drop=True)


def _no_lists() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="int64") for name in LISTS})
