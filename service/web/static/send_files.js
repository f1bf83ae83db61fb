// Sends files one after the other, each as it is, and tells what became of it.
export default {
  template: `
    <div class="send">
      <label class="button" :class="{ busy }">
        <i class="material-icons" aria-hidden="true">upload_file</i>{{ busy ? "Sending " + busy : label }}
        <input type="file" multiple :accept="accept" :aria-label="label" @change="send" :disabled="Boolean(busy)">
      </label>
    </div>`,
  props: { url: String, label: String, accept: String },
  emits: ["sent"],
  data() { return { busy: "" }; },
  methods: {
    async send(event) {
      for (const file of [...event.target.files]) {
        this.busy = file.name;
        const url = `${window.path_prefix || ""}${this.url}?name=${encodeURIComponent(file.name)}`;
        const answer = await fetch(url, { method: "POST", body: file }).catch(() => null);
        const told = answer ? await answer.json().catch(() => ({})) : { detail: "the service cannot be reached" };
        this.$emit("sent", { name: file.name, ok: Boolean(answer && answer.ok), told });
      }
      this.busy = "";
      event.target.value = "";
    },
  },
};
