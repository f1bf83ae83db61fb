"""What the words of the page mean, in plain words: what its question marks say.

Ideas are told as docs/how-it-works.md tells them: `QUOTED` holds its words, and a test holds the two
together.
"""

from __future__ import annotations

QUOTED = {
    "SIMILAR": "Songs that people put together stand close, and songs that nobody would put together stand "
    "far apart.",
    "SONG_AXES": "A song has a score from 0 to 1 on each axis by itself, so it may be much of several",
    "INTEREST": "songs of yours that lie close together form an interest; each counts by its share of your "
    "listening, and the song shown is the one in their middle.",
    "MAP": "Each dot is a song. Songs that people put into the same playlists lie close together.",
    "NOISE": "A track begins as noise. Step by step the generator takes away what does not sound like your "
    "words, until a spectrogram is left, which becomes music.",
    "TAKES": "several tries at the same wish, from other noise; the best match comes first",
    "LYRICS": "A language model does one thing: of each possible next word it says how likely it is, given "
    "those before.",
    "TEMPERATURE": "At each word the model has a likelihood for every next word. At 0 it always takes the "
    "likeliest, which soon is dull; at 1 it draws as the likelihoods say; above, unlikely words come more "
    "and more often.",
    "ATTENTION": "for each word it looks back at all words before and takes most from those that matter",
    "CHOOSING": "two are shown to somebody, who picks one; from many picks a second model learns to guess "
    "which would be picked: the reward.",
    "NIGHTS": "Each night everything is learned anew, stage by stage. What did not change is skipped",
    "RELEASES": "everything that was learned, in one folder that never changes again.",
    "EVALUATION": "NDCG@100 is 1 when all of them come first.",
}


def _told(name: str, before: str = "", after: str = "") -> str:
    """The words of how-it-works about an idea, with what is to be said of it here."""
    told = " ".join(part for part in (before, QUOTED[name], after) if part)
    return told[:1].upper() + told[1:]


ADVENTURE = (
    "How far from what you know the songs may lie: familiar artists to the left, new ones to the right."
)
MADE = "Songs that go with what you play and like; each says which of your songs brought it here."
WEEKLY = (
    "A list that changes every Monday: songs that you have never heard, most of them by artists who are new "
    "to you."
)
RADIO = "An endless walk through the songs, from one to the next that lies near."
MEANING = (
    "By meaning: the songs that lie where your words lie, such as “calm piano for a rainy evening”, "
    "whatever they are called."
)
SIMILAR = _told("SIMILAR", after="These stand nearest.")
SONG_AXES = _told("SONG_AXES", after="of them. Axes are learned from tags.")
CONTINUATION = "What people put beside these songs in playlists like this one."
INTEREST = _told("INTEREST")
OWN_AXES = (
    "How much of what you play is rock, calm, and so on: each by itself, so that you may be much of several."
)
MAP = _told("MAP", after="You are where the rings are. Point at a dot to see its name, click to hear it.")
NEAR = "Listeners whose taste points the same way as yours, with songs that you both play."
NOISE = _told("NOISE", after="A spectrogram is a picture of sound. The generator does not sing.")
TASTE = (
    "How much the track is to sound like what you play: 0 leaves your taste out, 1 aims at where your songs "
    "lie, more goes beyond."
)
TAKES = _told("TAKES") + "."
LYRICS = _told("LYRICS", after="This one is small, was made here, and has read old verse.")
TEMPERATURE = _told("TEMPERATURE")
ATTENTION = _told(
    "ATTENTION",
    "Attention:",
    ". Light squares are where it looked most: a hint why a word came, and no proof.",
).replace(" .", ".")
CHOOSING = _told("CHOOSING", "How it learns what is liked:")
MUSIC = (
    "Music (mp3, flac, ogg, opus, m4a, wav) is read where it lies and analysed: tempo, key, how it sounds. "
    "Playlists and listens are taken from files of many kinds. The next night learns from all of it."
)
NIGHTS = _told("NIGHTS") + "."
RELEASES = _told("RELEASES", "A release is", "The last three are kept.")
EVALUATION = (
    "Songs of held-back playlists are hidden and looked for. "
    + QUOTED["EVALUATION"]
    + " R-precision is the share found among as many guesses as are hidden. Ranges are 95 % intervals."
)
FIGURES = "Since the service started. Monitoring reads them at /metrics."
KEYS = "Whoever calls from another machine needs a key. It is shown once; only its hash is kept."
