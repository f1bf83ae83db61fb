// The map of the song space: a dot a song, coloured by what it stands out by; rings where the listener is.
const HUES = ["#f2c083", "#7fb7c9", "#a8c9a0", "#d693a8", "#b5a4e0", "#e0a27a", "#84c7b4", "#cfc27a", "#8fa6d8", "#c98f8f"];

export default {
  template: `
    <div class="map">
      <div class="map-box" ref="box">
        <canvas ref="canvas" tabindex="0" role="application"
          aria-label="Map of the songs. Arrow keys move, plus and minus zoom; what lies where is said in the list below."
          @pointerdown="grab" @pointermove="hover" @pointerleave="over = null" @wheel.prevent="wheel" @keydown="key" @click="choose"></canvas>
        <p v-if="problem" class="state bad" role="alert">{{ problem }}</p>
        <p v-if="!map && !problem" class="state" role="status">The map is being drawn.</p>
        <div v-if="over" class="map-tip" :style="{ left: tip.x + 'px', top: tip.y + 'px' }"><b>{{ over[4] }}</b> {{ over[5] }}</div>
        <div class="map-zoom">
          <button type="button" class="icon-button" aria-label="Nearer" @click="zoom(1.5)"><i class="material-icons" aria-hidden="true">add</i></button>
          <button type="button" class="icon-button" aria-label="Farther" @click="zoom(1 / 1.5)"><i class="material-icons" aria-hidden="true">remove</i></button>
          <button type="button" class="icon-button" aria-label="The whole map" @click="reset"><i class="material-icons" aria-hidden="true">fit_screen</i></button>
        </div>
      </div>
      <ul class="legend" v-if="map">
        <li v-for="(name, at) in map.groups.slice(0, 10)" :key="name"><i :style="{ background: hue(at) }" aria-hidden="true"></i>{{ name }}</li>
        <li v-if="map.interests && map.interests.length"><i class="ring" aria-hidden="true"></i>your interests</li>
        <li v-if="map.heard && map.heard.length"><i class="heard" aria-hidden="true"></i>songs of yours</li>
      </ul>
      <details v-if="map"><summary>What lies where, as a list</summary>
        <ul class="plain"><li v-for="one in map.regions" :key="one.name + one.x">{{ one.name }}: {{ one.songs }} songs</li>
          <li v-for="one in map.interests || []" :key="one.title">Your interest “{{ one.title }}” ({{ one.artist }}), {{ Math.round(100 * one.weight) }} %</li></ul>
      </details>
    </div>`,
  emits: ["chosen"],
  data() { return { map: null, problem: "", over: null, tip: { x: 0, y: 0 }, at: { x: 0, y: 0, scale: 1 }, moved: false }; },
  async mounted() {
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(this.$refs.box);
    const answer = await fetch(`${window.path_prefix || ""}/web/map`).catch(() => null);
    if (!answer || !answer.ok) {
      const told = answer ? await answer.json().catch(() => ({})) : {};
      this.problem = told.detail || "The map cannot be loaded.";
      return;
    }
    this.map = await answer.json();
    this.draw();
  },
  unmounted() { this.watch.disconnect(); },
  methods: {
    hue(at) { return at < HUES.length ? HUES[at] : "#6b747d"; },
    size() { return this.$refs.box.getBoundingClientRect(); },
    spot(x, y) {
      const { width, height } = this.size();
      const unit = (Math.min(width, height * 1.6) / 2.15) * this.at.scale;
      return [width / 2 + (x - this.at.x) * unit, height / 2 - (y - this.at.y) * unit * 0.62];
    },
    draw() {
      const canvas = this.$refs.canvas;
      if (!canvas || !this.map) return;
      const { width, height } = this.size();
      const sharp = window.devicePixelRatio || 1;
      canvas.width = width * sharp;
      canvas.height = height * sharp;
      const pen = canvas.getContext("2d");
      pen.scale(sharp, sharp);
      const dot = Math.min(6, 2 + this.at.scale * 0.7);
      for (const [x, y, colour] of this.map.songs) {
        const [left, top] = this.spot(x, y);
        pen.fillStyle = this.hue(colour);
        pen.globalAlpha = 0.75;
        pen.beginPath(); pen.arc(left, top, dot, 0, 7); pen.fill();
      }
      pen.globalAlpha = 1;
      for (const [x, y, weight] of this.map.heard || []) {
        const [left, top] = this.spot(x, y);
        pen.strokeStyle = `rgba(255,255,255,${0.35 + 0.65 * weight})`;
        pen.lineWidth = 1.4;
        pen.beginPath(); pen.arc(left, top, dot + 1.5, 0, 7); pen.stroke();
      }
      pen.textAlign = "center";
      pen.font = "500 12px Roboto, sans-serif";
      for (const one of this.map.regions) {
        const [left, top] = this.spot(one.x, one.y);
        pen.lineWidth = 4; pen.strokeStyle = "#0f1113cc"; pen.strokeText(one.name, left, top);
        pen.fillStyle = "#dfe4e8"; pen.fillText(one.name, left, top);
      }
      for (const one of this.map.interests || []) {
        const [left, top] = this.spot(one.x, one.y);
        const far = 8 + 26 * Math.sqrt(one.weight);
        pen.fillStyle = "#ffffff14"; pen.strokeStyle = "#fff"; pen.lineWidth = 2.5;
        pen.beginPath(); pen.arc(left, top, far, 0, 7); pen.fill(); pen.stroke();
        const said = `you, ${Math.round(100 * one.weight)} %`;
        pen.lineWidth = 4; pen.strokeStyle = "#0f1113cc"; pen.strokeText(said, left, top - far - 7);
        pen.fillStyle = "#fff"; pen.fillText(said, left, top - far - 7);
      }
      if (this.over) {
        const [left, top] = this.spot(this.over[0], this.over[1]);
        pen.fillStyle = "#fff";
        pen.beginPath(); pen.arc(left, top, dot + 2, 0, 7); pen.fill();
      }
    },
    nearest(event) {
      const box = this.size();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      let best = null, least = 144;
      for (const song of this.map.songs) {
        const [left, top] = this.spot(song[0], song[1]);
        const far = (left - x) ** 2 + (top - y) ** 2;
        if (far < least) { least = far; best = song; }
      }
      this.tip = { x: Math.min(x + 12, box.width - 180), y: Math.max(8, y - 36) };
      return best;
    },
    hover(event) {
      if (!this.map) return;
      if (this.held) {
        const { width, height } = this.size();
        const unit = (Math.min(width, height * 1.6) / 2.15) * this.at.scale;
        this.at.x = this.held.x - (event.clientX - this.held.left) / unit;
        this.at.y = this.held.y + (event.clientY - this.held.top) / (unit * 0.62);
        if (Math.abs(event.clientX - this.held.left) + Math.abs(event.clientY - this.held.top) > 5) this.moved = true;
        this.over = null;
      } else this.over = this.nearest(event);
      this.draw();
    },
    grab(event) {
      this.moved = false;
      this.held = { ...this.at, left: event.clientX, top: event.clientY };
      this.$refs.canvas.setPointerCapture(event.pointerId);
      this.$refs.canvas.onpointerup = this.$refs.canvas.onpointercancel = () => { this.held = null; };
    },
    choose(event) {
      if (this.moved || !this.map) return;
      const song = this.nearest(event);
      if (song) this.$emit("chosen", { id: song[3] });
    },
    wheel(event) { this.zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15); },
    zoom(by) { this.at.scale = Math.max(0.8, Math.min(14, this.at.scale * by)); this.draw(); },
    reset() { this.at = { x: 0, y: 0, scale: 1 }; this.draw(); },
    key(event) {
      const step = 0.12 / this.at.scale;
      const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
      if (move) { this.at.x += move[0]; this.at.y += move[1]; this.draw(); }
      else if (event.key === "+") this.zoom(1.3);
      else if (event.key === "-") this.zoom(1 / 1.3);
      else if (event.key === "0") this.reset();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  },
};
