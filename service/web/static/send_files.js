// Sends files one after the other, or those of a folder that end as they should, and tells what became of each.
export default {
  template: `
    <div class="send">
      <label class="button" :class="{ busy }">
        <i class="material-icons" aria-hidden="true">{{ folder ? "drive_folder_upload" : "upload_file" }}</i><span>{{ busy || label }}</span>
        <input type="file" multiple :webkitdirectory="folder || null" :accept="accept" :aria-label="label" @change="send" :disabled="Boolean(busy)">
      </label>
    </div>`,
  props: { url: String, label: String, accept: String, folder: Boolean },
  emits: ["sent", "done"],
  data() { return { busy: "" }; },
  methods: {
    async send(event) {
      const ends = this.accept.split(",");
      const files = [...event.target.files].filter((file) => !this.folder || ends.some((end) => file.name.toLowerCase().endsWith(end)));
      let taken = 0;
      for (const [at, file] of files.entries()) {
        this.busy = files.length > 1 ? `Sending ${at + 1} of ${files.length}` : `Sending ${file.name}`;
        const name = encodeURIComponent(file.webkitRelativePath || file.name);
        const answer = await fetch(`${window.path_prefix || ""}${this.url}?name=${name}`, { method: "POST", body: file }).catch(() => null);
        const told = answer ? await answer.json().catch(() => ({})) : { detail: "the service cannot be reached" };
        const ok = Boolean(answer && answer.ok);
        taken += ok;
        this.$emit("sent", { name: file.name, ok, told });
      }
      this.busy = "";
      event.target.value = "";
      this.$emit("done", { taken, of: files.length });
    },
  },
};
