// The waveform of a take: click to hear it from there, drag to choose a part of it.
export default {
  template: `
    <div class="wave-select" ref="box" @pointerdown="grab">
      <canvas ref="canvas" role="img" :aria-label="label"></canvas>
      <div class="chosen" v-if="to > from" :style="{ left: share(from), width: share(to - from) }" aria-hidden="true"></div>
      <div class="playhead" v-if="head > 0" :style="{ left: share(head) }" aria-hidden="true"></div>
    </div>`,
  props: { peaks_url: String, seconds: Number, label: String, from: Number, to: Number, sound: String },
  emits: ["select", "hear"],
  data() { return { peaks: [], head: 0 }; },
  async mounted() {
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(this.$refs.box);
    this.beat = setInterval(() => {
      const player = window.songspace?.player;
      this.head = player?.current?.url === this.sound ? player.position : 0;
    }, 200);
    const answer = await fetch((window.path_prefix || "") + this.peaks_url).catch(() => null);
    if (answer && answer.ok) this.peaks = (await answer.json()).peaks;
    this.draw();
  },
  unmounted() { this.watch.disconnect(); clearInterval(this.beat); },
  methods: {
    share(seconds) { return `${Math.max(0, Math.min(100, (100 * seconds) / this.seconds))}%`; },
    draw() {
      const canvas = this.$refs.canvas;
      if (!canvas) return;
      const { width, height } = this.$refs.box.getBoundingClientRect();
      const sharp = window.devicePixelRatio || 1;
      canvas.width = width * sharp;
      canvas.height = height * sharp;
      const pen = canvas.getContext("2d");
      pen.scale(sharp, sharp);
      pen.fillStyle = getComputedStyle(canvas).getPropertyValue("--soft");
      const bars = Math.floor(width / 4);
      for (let bar = 0; bar < bars; bar += 1) {
        const near = this.peaks.slice(Math.floor((bar / bars) * this.peaks.length), Math.floor(((bar + 1) / bars) * this.peaks.length) + 1);
        const tall = Math.max(2, (Math.max(0, ...near) / 100) * (height - 6));
        pen.beginPath(); pen.roundRect(bar * 4, (height - tall) / 2, 2.6, tall, 1.3); pen.fill();
      }
    },
    grab(event) {
      const box = this.$refs.box.getBoundingClientRect();
      const at = (one) => Math.max(0, Math.min(this.seconds, ((one.clientX - box.left) / box.width) * this.seconds));
      const start = at(event);
      let end = start;
      this.$refs.box.setPointerCapture(event.pointerId);
      this.$refs.box.onpointermove = (one) => {
        end = at(one);
        if (Math.abs(end - start) > 0.2) this.$emit("select", { from: Math.min(start, end), to: Math.max(start, end) });
      };
      this.$refs.box.onpointerup = this.$refs.box.onpointercancel = () => {
        this.$refs.box.onpointermove = this.$refs.box.onpointerup = null;
        if (Math.abs(end - start) > 0.2) return;
        const player = window.songspace?.player;
        if (player?.current?.url === this.sound) player.seek(start);
        else this.$emit("hear", {});
      };
    },
  },
};
