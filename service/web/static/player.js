// The player bar: plays a queue of songs, shows the waveform, and says when a song was heard.
// A song counts as heard once half of it, or four minutes, were played (as ListenBrainz counts).
const HEARD_S = 240;
const AHEAD = 4; // a radio asks for more when so few songs are left

export default {
  template: `
    <section class="player" :class="{ empty: !current, open: showsQueue }" aria-label="Player">
      <audio ref="audio" preload="metadata"
        @timeupdate="onTime" @ended="onEnded" @play="playing = true" @pause="playing = false"
        @durationchange="duration = $refs.audio.duration || 0" @error="onError"
        @waiting="waiting = true" @playing="waiting = false" @canplay="waiting = false"></audio>
      <aside v-if="showsQueue" class="queue" aria-label="Queue">
        <header>
          <h2>Queue</h2>
          <span class="soft" v-if="source">{{ source }}</span>
          <button type="button" class="icon-button small" :aria-label="shuffled ? 'Play in order' : 'Shuffle'" :aria-pressed="String(shuffled)" @click="shuffle">
            <i class="material-icons" aria-hidden="true">shuffle</i></button>
          <button type="button" class="icon-button small" :aria-label="'Repeat: ' + again" :aria-pressed="String(again !== 'nothing')" @click="turnRepeat">
            <i class="material-icons" aria-hidden="true">{{ again === 'this song' ? 'repeat_one' : 'repeat' }}</i></button>
          <button type="button" class="quiet" @click="clearQueue" :disabled="!queue.length">Clear</button>
          <button type="button" class="icon-button" aria-label="Close the queue" @click="showsQueue = false">
            <i class="material-icons" aria-hidden="true">close</i></button>
        </header>
        <p v-if="!queue.length" class="soft">Nothing is queued. Play a song, or start a radio.</p>
        <ol>
          <li v-for="(song, at) in queue" :key="song.key" :class="{ now: at === index }">
            <button type="button" class="queued" @click="jump(at)"
              :aria-current="at === index ? 'true' : null" :aria-label="'Play ' + song.title + ' by ' + song.artist">
              <img :src="cover(song, 96)" alt="" width="40" height="40" loading="lazy">
              <span><b>{{ song.title }}</b><small>{{ song.artist }}</small></span>
            </button>
            <button type="button" class="icon-button small" :aria-label="'Take ' + song.title + ' out of the queue'"
              @click="remove(at)"><i class="material-icons" aria-hidden="true">close</i></button>
          </li>
        </ol>
      </aside>
      <div class="track">
        <a v-if="current" :href="page(current)" :aria-label="'About ' + current.title">
          <img :src="cover(current, 96)" alt="" width="56" height="56"></a>
        <div v-else class="no-cover" aria-hidden="true"></div>
        <div class="names" aria-live="polite">
          <a v-if="current" :href="page(current)"><b>{{ current.title }}</b></a>
          <b v-else class="soft">Nothing is playing</b>
          <small>{{ current ? current.artist : 'Choose a song to begin' }}</small>
        </div>
        <button type="button" class="icon-button like" v-if="current && can_like && !current.unlisted" :aria-pressed="String(current.mark === 'like')"
          aria-label="Like" title="Like (L)" @click="like('like')">
          <i class="material-icons" aria-hidden="true">{{ current.mark === 'like' ? 'favorite' : 'favorite_border' }}</i></button>
      </div>
      <div class="controls">
        <div class="buttons">
          <button type="button" class="icon-button small wide-only" :aria-label="shuffled ? 'Play in order' : 'Shuffle'" :aria-pressed="String(shuffled)" title="Shuffle (S)" @click="shuffle" :disabled="!current">
            <i class="material-icons" aria-hidden="true">shuffle</i></button>
          <button type="button" class="icon-button previous" aria-label="Previous song" title="Previous (Shift + ←)" @click="previous" :disabled="!current">
            <i class="material-icons" aria-hidden="true">skip_previous</i></button>
          <button type="button" class="play-button" :aria-label="playing ? 'Pause' : 'Play'" title="Play or pause (Space)" @click="toggle" :disabled="!current" :class="{ waiting: waiting && playing }">
            <i class="material-icons" aria-hidden="true">{{ playing ? 'pause' : 'play_arrow' }}</i></button>
          <button type="button" class="icon-button" aria-label="Next song" title="Next (Shift + →)" @click="next" :disabled="!current || (last && again !== 'all songs')">
            <i class="material-icons" aria-hidden="true">skip_next</i></button>
          <button type="button" class="icon-button small wide-only" :aria-label="'Repeat: ' + again" :aria-pressed="String(again !== 'nothing')" :title="'Repeats ' + again + ' (R)'" @click="turnRepeat" :disabled="!current">
            <i class="material-icons" aria-hidden="true">{{ again === 'this song' ? 'repeat_one' : 'repeat' }}</i></button>
        </div>
        <div class="seek">
          <time>{{ clock(position) }}</time>
          <div class="wave" ref="wave" role="slider" tabindex="0" aria-label="Position in the song" aria-valuemin="0"
            :aria-valuemax="Math.round(duration)" :aria-valuenow="Math.round(position)"
            :aria-valuetext="clock(position) + ' of ' + clock(duration)"
            @pointerdown="drag" @keydown="seekByKey"><canvas ref="canvas" aria-hidden="true"></canvas></div>
          <time>{{ clock(duration) }}</time>
        </div>
      </div>
      <div class="extras">
        <button type="button" class="icon-button" aria-label="Queue" title="Queue (Q)" :aria-expanded="String(showsQueue)" @click="showsQueue = !showsQueue">
          <i class="material-icons" aria-hidden="true">queue_music</i></button>
        <button type="button" class="icon-button wide-only" aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)" @click="$refs.help.showModal()">
          <i class="material-icons" aria-hidden="true">keyboard</i></button>
        <button type="button" class="icon-button wide-only" :aria-label="muted ? 'Sound on' : 'Mute'" :aria-pressed="String(muted)" title="Mute (M)" @click="mute">
          <i class="material-icons" aria-hidden="true">{{ muted || !volume ? 'volume_off' : 'volume_up' }}</i></button>
        <input class="volume wide-only" type="range" min="0" max="100" v-model.number="volume" @input="setVolume(volume)" aria-label="Volume">
      </div>
      <p v-if="problem" class="problem" role="alert">{{ problem }}
        <button type="button" class="quiet" @click="problem = ''">Close</button></p>
      <dialog ref="help" class="shortcuts" aria-labelledby="shortcuts-title" @click.self="$refs.help.close()">
        <h2 id="shortcuts-title">Keyboard shortcuts</h2>
        <dl>
          <template v-for="[keys, does] in shortcuts" :key="keys"><dt><kbd>{{ keys }}</kbd></dt><dd>{{ does }}</dd></template>
        </dl>
        <button type="button" class="button" @click="$refs.help.close()">Close</button>
      </dialog>
    </section>`,
  props: { can_like: Boolean, who: String },
  emits: ["more", "liked"],
  data() {
    return {
      queue: [], index: -1, source: "", radio: false, asked: false, keys: 0,
      playing: false, waiting: false, position: 0, duration: 0, peaks: [],
      volume: Number(localStorage.getItem("songspace.volume") ?? 80), muted: false,
      shuffled: false, ordered: [], again: "nothing", resume: 0,
      showsQueue: false, problem: "", heard: { seconds: 0, last: null, began: 0, told: false },
      failures: 0,
      shortcuts: [
        ["Space", "Play or pause"], ["← →", "Back or forward 5 seconds"], ["Shift ← →", "Previous or next song"],
        ["↑ ↓", "Louder or softer"], ["S", "Shuffle"], ["R", "Repeat all, one, nothing"], ["M", "Mute"], ["L", "Like what is playing"], ["D", "Dislike it"],
        ["Q", "Show or hide the queue"], ["/", "Search"], ["?", "This list"],
      ],
    };
  },
  computed: {
    current() { return this.queue[this.index] ?? null; },
    last() { return this.index >= this.queue.length - 1; },
  },
  watch: {
    // Lists show which of their songs is the one that plays, without a word to the service.
    current(song) { this.mark(song); },
    playing() { this.mark(this.current); },
  },
  mounted() {
    this.setVolume(this.volume);
    this.restore();
    this.onLeave = () => this.remember();
    window.addEventListener("pagehide", this.onLeave);
    this.onKey = (event) => this.key(event);
    window.addEventListener("keydown", this.onKey);
    window.songspace = Object.assign(window.songspace ?? {}, { player: this });
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.$refs.wave);
    const session = navigator.mediaSession;
    if (session) {
      session.setActionHandler("play", () => this.toggle());
      session.setActionHandler("pause", () => this.toggle());
      session.setActionHandler("previoustrack", () => this.previous());
      session.setActionHandler("nexttrack", () => this.next());
    }
  },
  unmounted() {
    window.removeEventListener("keydown", this.onKey);
    window.removeEventListener("pagehide", this.onLeave);
    this.resized.disconnect();
  },
  methods: {
    cover(song, size) { return song.cover || `${window.path_prefix || ""}/web/cover/${song.id}?size=${size}`; },
    page(song) { return song.unlisted ? song.page || "/create" : `/song/${song.id}`; },
    clock(seconds) {
      const whole = Math.max(0, Math.floor(seconds || 0));
      return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
    },
    keyed(songs) { return songs.map((song) => ({ ...song, key: ++this.keys })); },
    // Called from Python: play these songs, queue some behind or next, go on with a radio.
    playSongs(songs, at, source, radio) {
      // Takes of one wish are compared at the same moment of each.
      const before = this.current;
      const group = songs[at || 0]?.group;
      this.resume = group && before?.group === group && before.url !== songs[at || 0].url ? this.position : 0;
      this.queue = this.keyed(songs);
      this.source = source || "";
      this.radio = Boolean(radio);
      this.asked = false;
      this.failures = 0;
      this.index = at || 0;
      if (this.shuffled) this.mix();
      this.jump(this.index);
    },
    mix() {
      this.ordered = [...this.queue];
      const [first] = this.queue.splice(this.index, 1);
      for (let at = this.queue.length - 1; at > 0; at -= 1) {
        const other = Math.floor(Math.random() * (at + 1));
        [this.queue[at], this.queue[other]] = [this.queue[other], this.queue[at]];
      }
      this.queue.unshift(first);
      this.index = 0;
    },
    shuffle() {
      this.shuffled = !this.shuffled;
      if (!this.current) return;
      if (this.shuffled) return void this.mix();
      const playing = this.current;
      const there = new Set(this.queue.map((song) => song.key));
      const known = new Set(this.ordered.map((song) => song.key));
      this.queue = [...this.ordered.filter((song) => there.has(song.key)), ...this.queue.filter((song) => !known.has(song.key))];
      this.index = this.queue.findIndex((song) => song.key === playing.key);
    },
    turnRepeat() {
      const ways = ["nothing", "all songs", "this song"];
      this.again = ways[(ways.indexOf(this.again) + 1) % ways.length];
    },
    mark(song) {
      this.sheet ??= document.head.appendChild(document.createElement("style"));
      const here = song && !song.unlisted ? `[data-song="${song.id}"]` : "";
      this.sheet.textContent = here
        ? `${here} .title { color: var(--accent); } ${here} .cover-button { --here: ${this.playing ? "running" : "paused"}; --shown: 1; }`
        : "";
    },
    // A page that is loaded anew finds its queue again, and waits to be told to play.
    remember() {
      const { queue, index, source, position, who } = this;
      sessionStorage.setItem("songspace.queue", JSON.stringify({ queue, index, source, position, who }));
    },
    restore() {
      let kept = null;
      try { kept = JSON.parse(sessionStorage.getItem("songspace.queue")); } catch { return; }
      if (!kept || kept.who !== this.who || !kept.queue?.[kept.index]) return;
      this.queue = this.keyed(kept.queue);
      this.source = kept.source;
      this.resume = kept.position;
      this.load(kept.index);
    },
    enqueue(songs, next) {
      const fresh = this.keyed(songs);
      if (next) this.queue.splice(this.index + 1, 0, ...fresh);
      else this.queue.push(...fresh);
      this.asked = false;
      if (this.index < 0 && this.queue.length) this.jump(0);
    },
    setMark(id, mark) { this.queue.forEach((song) => { if (song.id === id) song.mark = mark; }); },
    jump(at) {
      if (!this.load(at)) return;
      this.waiting = true;
      this.playing = true;
      this.$refs.audio.play().catch(() => { this.playing = false; });
      this.announce(this.current);
      this.askForMore();
    },
    load(at) {
      const song = this.queue[at];
      if (!song) return false;
      this.index = at;
      this.problem = "";
      this.position = 0;
      this.duration = song.seconds || 0;
      this.heard = { seconds: 0, last: null, began: Math.floor(Date.now() / 1000), told: false };
      this.peaks = [];
      this.draw();
      const audio = this.$refs.audio;
      audio.src = song.url || `${window.path_prefix || ""}/web/audio/${song.id}`;
      if (this.resume) {
        const at = this.resume;
        audio.addEventListener("loadedmetadata", () => this.seek(at), { once: true });
        this.position = at;
        this.resume = 0;
      }
      this.loadPeaks(song);
      return true;
    },
    announce(song) {
      document.title = `${song.title} · ${song.artist || "Songspace"}`;
      if (!navigator.mediaSession) return;
      navigator.mediaSession.metadata = new MediaMetadata({
        title: song.title, artist: song.artist, album: song.album || "",
        artwork: [{ src: this.cover(song, 480), sizes: "480x480", type: "image/jpeg" }],
      });
    },
    async loadPeaks(song) {
      const answer = await fetch(song.peaks || `${window.path_prefix || ""}/web/peaks/${song.id}`).catch(() => null);
      if (!answer || !answer.ok || this.current !== song) return;
      this.peaks = (await answer.json()).peaks;
      this.draw();
    },
    askForMore() {
      if (this.radio && !this.asked && this.queue.length - this.index <= AHEAD) {
        this.asked = true;
        this.$emit("more", {});
      }
    },
    toggle() {
      if (!this.current) return;
      const audio = this.$refs.audio;
      if (audio.paused) audio.play().catch(() => {});
      else audio.pause();
    },
    next() {
      if (!this.last) this.jump(this.index + 1);
      else if (this.again === "all songs") this.jump(0);
    },
    previous() {
      if (this.$refs.audio.currentTime > 4 || this.index <= 0) this.seek(0);
      else this.jump(this.index - 1);
    },
    remove(at) {
      this.queue.splice(at, 1);
      if (at < this.index) this.index -= 1;
      else if (at === this.index) {
        if (!this.queue.length) return this.clearQueue();
        this.jump(Math.min(at, this.queue.length - 1));
      }
    },
    clearQueue() {
      this.$refs.audio.pause();
      this.$refs.audio.removeAttribute("src");
      Object.assign(this, { queue: [], index: -1, radio: false, source: "", position: 0, duration: 0, peaks: [] });
      document.title = "Songspace";
      this.draw();
    },
    like(kind) {
      if (!this.current || !this.can_like || this.current.unlisted) return;
      this.$emit("liked", { id: this.current.id, kind: this.current.mark === kind ? "clear" : kind });
    },
    onTime() {
      const audio = this.$refs.audio;
      const { heard } = this;
      this.position = audio.currentTime;
      // What was jumped over was not heard.
      if (heard.last !== null) {
        const step = audio.currentTime - heard.last;
        if (step > 0 && step < 2) heard.seconds += step;
      }
      heard.last = audio.currentTime;
      const length = audio.duration || this.duration;
      if (!heard.told && length > 0 && heard.seconds >= Math.min(HEARD_S, length / 2)) this.tell();
      if (audio.currentTime > 1) this.failures = 0;
      this.draw();
    },
    tell() {
      this.heard.told = true;
      if (this.current.unlisted) return;
      fetch(`${window.path_prefix || ""}/web/listens`, {
        method: "POST", keepalive: true, headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ song: this.current.id, listened_at_s: this.heard.began }),
      }).catch(() => { this.heard.told = false; });
    },
    onEnded() {
      if (this.again === "this song") this.jump(this.index);
      else if (!this.last || this.again === "all songs") this.next();
      else this.playing = false;
    },
    async onError() {
      if (!this.current || !this.$refs.audio.getAttribute("src")) return;
      const song = this.current;
      this.waiting = false;
      const answer = await fetch(this.$refs.audio.src, { headers: { Range: "bytes=0-0" } }).catch(() => null);
      const told = answer && !answer.ok ? await answer.json().catch(() => null) : null;
      if (this.current !== song) return;
      const why = told?.detail || (answer ? "this browser cannot play it" : "the service cannot be reached");
      this.problem = `${song.title}: ${why}.`;
      this.failures += 1;
      if (this.failures < 3 && this.index < this.queue.length - 1) {
        const said = this.problem;
        this.next();
        this.problem = said;
      }
    },
    seek(seconds) {
      const audio = this.$refs.audio;
      if (!this.current || !isFinite(audio.duration)) return;
      audio.currentTime = Math.max(0, Math.min(audio.duration - 0.05, seconds));
      this.heard.last = null;
      this.position = audio.currentTime;
      this.draw();
    },
    drag(event) {
      const wave = this.$refs.wave;
      const to = (one) => {
        const box = wave.getBoundingClientRect();
        this.seek(((one.clientX - box.left) / box.width) * (this.$refs.audio.duration || 0));
      };
      wave.setPointerCapture(event.pointerId);
      to(event);
      wave.onpointermove = to;
      wave.onpointerup = wave.onpointercancel = () => { wave.onpointermove = null; };
    },
    seekByKey(event) {
      const step = { ArrowLeft: -5, ArrowRight: 5, PageDown: -30, PageUp: 30 }[event.key];
      if (event.shiftKey) return;
      if (step) this.seek(this.$refs.audio.currentTime + step);
      else if (event.key === "Home") this.seek(0);
      else if (event.key === "End") this.seek(this.duration);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    setVolume(value) {
      this.volume = Math.max(0, Math.min(100, Math.round(value)));
      this.$refs.audio.volume = (this.volume / 100) ** 2;
      if (this.volume && this.muted) this.mute();
      localStorage.setItem("songspace.volume", this.volume);
    },
    mute() { this.muted = !this.muted; this.$refs.audio.muted = this.muted; },
    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const at = event.target;
      if (at.closest("input, textarea, select, [contenteditable], dialog, .q-dialog, [role=listbox], [role=slider]:not(.wave)")) return;
      const onButton = at.closest("button, a, summary, [role=button], [role=tab]");
      const act = {
        " ": () => this.toggle(), "/": () => this.search(), "?": () => this.$refs.help.showModal(),
        s: () => this.shuffle(), r: () => this.turnRepeat(), m: () => this.mute(), l: () => this.like("like"), d: () => this.like("dislike"),
        q: () => { this.showsQueue = !this.showsQueue; },
        ArrowLeft: () => (event.shiftKey ? this.previous() : this.seek(this.$refs.audio.currentTime - 5)),
        ArrowRight: () => (event.shiftKey ? this.next() : this.seek(this.$refs.audio.currentTime + 5)),
        ArrowUp: () => this.setVolume(this.volume + 5), ArrowDown: () => this.setVolume(this.volume - 5),
      }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!act || (event.key === " " && onButton)) return;
      if (!this.current && (event.key === "ArrowUp" || event.key === "ArrowDown")) return; // the page scrolls
      event.preventDefault();
      act();
    },
    search() {
      const field = document.querySelector("input[type=search]");
      if (field) field.focus();
      else emitEvent("sub_pages_navigate", "/library");
    },
    draw() {
      const canvas = this.$refs.canvas;
      if (!canvas) return;
      const { clientWidth: width, clientHeight: height } = this.$refs.wave;
      const scale = window.devicePixelRatio || 1;
      if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
        canvas.width = Math.round(width * scale);
        canvas.height = Math.round(height * scale);
      }
      const pen = canvas.getContext("2d");
      pen.setTransform(scale, 0, 0, scale, 0, 0);
      pen.clearRect(0, 0, width, height);
      const style = getComputedStyle(this.$refs.wave);
      const done = this.duration ? this.position / this.duration : 0;
      const bars = Math.max(1, Math.floor(width / 4));
      for (let bar = 0; bar < bars; bar += 1) {
        const from = Math.floor((bar / bars) * this.peaks.length);
        const to = Math.max(from + 1, Math.floor(((bar + 1) / bars) * this.peaks.length));
        const peak = this.peaks.length ? Math.max(...this.peaks.slice(from, to)) / 100 : 0;
        const tall = Math.max(2, peak * height);
        pen.fillStyle = style.getPropertyValue((bar + 0.5) / bars <= done ? "--accent" : "--wave");
        pen.beginPath();
        pen.roundRect(bar * 4, (height - tall) / 2, 2.6, tall, 1.3);
        pen.fill();
      }
    },
  },
};
