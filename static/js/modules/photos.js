const LONG_SIDE = 2000;
const QUALITY = 0.85;
const SMALL_ENOUGH = 700 * 1024;

/**
 * A form with photo inputs: what is chosen is made smaller here, where the network is slow, and sent at once.
 * A photo that this browser cannot read is sent as it is; the server has the last word on all of them.
 */
export class Photos {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.status = form.querySelector("[role=status]");
    form.dataset.live = "";
    form.addEventListener("change", (event) => this.send(event.target));
  }

  /** @param {HTMLInputElement} input */
  async send(input) {
    if (input.type !== "file" || !input.files.length) return;
    if (this.status) this.status.textContent = this.form.dataset.busy;
    try {
      const chosen = new DataTransfer();
      for (const file of input.files) chosen.items.add(await this.smaller(file));
      input.files = chosen.files;
    } catch {
      // Sent as chosen.
    }
    this.form.requestSubmit();
  }

  /** @param {File} file */
  async smaller(file) {
    try {
      const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
      const scale = Math.min(1, LONG_SIDE / Math.max(picture.width, picture.height));
      if (scale === 1 && file.size <= SMALL_ENOUGH) return file;
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      picture.close();
      const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
      return made && made.size < file.size ? new File([made], "label.jpg", { type: "image/jpeg" }) : file;
    } catch {
      return file;
    }
  }
}
