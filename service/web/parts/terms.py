"""What the words of the page mean, in plain words: what its question marks say."""

from __future__ import annotations

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
SIMILAR = (
    "The songs that stand nearest in the song space: people put them into the same playlists, or they sound "
    "alike."
)
SONG_AXES = (
    "An axis is a direction in the song space with a name, learned from tags. A song may be much of several."
)
CONTINUATION = "What people put beside these songs in playlists like this one."
INTEREST = (
    "Songs of yours that lie close together in the song space. Each counts by its share of your listening; "
    "the song shown is the one in their middle."
)
OWN_AXES = (
    "How much of what you play is rock, calm, and so on: each by itself, so that you may be much of several."
)
MAP = (
    "Each dot is a song. Songs that people put into the same playlists lie close together; you are where "
    "the rings are. Point at a dot to see its name, click to hear it."
)
NEAR = "Listeners whose taste points the same way as yours, with songs that you both play."
NOISE = (
    "A track begins as noise. Step by step the generator takes away what does not sound like your words, "
    "until a spectrogram (a picture of the sound) is left, which becomes music. It does not sing."
)
TASTE = (
    "How much the track is to sound like what you play: 0 leaves your taste out, 1 aims at where your songs "
    "lie, more goes beyond."
)
TAKES = "Several tries at the same wish, from other noise; the best match comes first."
LYRICS = "A small language model, made here, that writes songs. It has read old verse."
TEMPERATURE = (
    "At each word the model has a likelihood for every next word. At 0 it always takes the likeliest, which "
    "soon is dull; at 1 it draws as the likelihoods say; above, unlikely words come more and more often."
)
ATTENTION = (
    "While a word is chosen, the model looks back at what is there. Light squares are where it looked most. "
    "It is a hint why a word came, and no proof."
)
CHOOSING = "What you prefer is kept, and the next tuning of the lyric model learns from it."
MUSIC = (
    "Music (mp3, flac, ogg, opus, m4a, wav) is read where it lies and analysed: tempo, key, how it sounds. "
    "Playlists and listens are taken from files of many kinds. The next night learns from all of it."
)
NIGHTS = "The nightly job learns anew from all playlists and listens; stages with nothing new are skipped."
RELEASES = "A release is everything that was learned in a night, in one folder. The last three are kept."
EVALUATION = (
    "Songs of held-back playlists are hidden and looked for. NDCG@100 is 1 when all of them come first; "
    "R-precision is the share found among as many guesses as are hidden. Ranges are 95 % intervals."
)
FIGURES = "Since the service started. Monitoring reads them at /metrics."
KEYS = "Whoever calls from another machine needs a key. It is shown once; only its hash is kept."
