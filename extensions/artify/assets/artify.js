// The block's loader. It stays small because every visitor downloads it; the studio loads when they interact.
(() => {
  if (customElements.get("artify-personalizer")) return;

  class ArtifyPersonalizer extends HTMLElement {
    connectedCallback() {
      document.addEventListener("submit", this, true);
      if (this.config) return;
      this.config = JSON.parse(this.querySelector("[data-artify=config]").textContent);
      const [root, prefix] = ["root", "prefix"].map((name) => this.config[name].replace(/^\/+|\/+$/g, ""));
      this.config.root = root ? `/${root}/` : "/"; // "/", or a language's "/fr"
      this.config.proxy = `${this.config.root}${prefix}`;
      this.file = this.querySelector("[data-artify=file]");
      this.file.addEventListener("change", () => this.choose(this.file.files[0]));
      for (const name of ["pointerover", "focusin"]) {
        this.addEventListener(name, () => this.load().catch(() => {}), { once: true });
      }
      for (const name of ["dragover", "dragleave", "drop"]) this.addEventListener(name, this);
      this.ask().catch(() => {}); // choose() and the guard ask again
    }

    disconnectedCallback() {
      document.removeEventListener("submit", this, true);
    }

    handleEvent(event) {
      if (event.type === "submit") return this.guard(event);
      event.preventDefault();
      this.toggleAttribute("data-dropping", event.type === "dragover");
      if (event.type === "drop") this.choose(event.dataTransfer.files[0]);
    }

    /** The product's styles, sizes and limits, or null if it is not personalized. Requested once. */
    ask() {
      this.asking ??= this.fetchProduct().catch((fault) => {
        this.asking = null;
        throw fault;
      });
      return this.asking;
    }

    async fetchProduct() {
      const { proxy, product } = this.config;
      const query = this.config.design_mode ? "?design_mode=1" : ""; // the theme with this block may not be saved yet
      const answer = await fetch(`${proxy}/products/${product}${query}`, { headers: { Accept: "application/json" } });
      if (answer.status !== 404 && !answer.ok) throw new Error(`HTTP ${answer.status}`);
      const offer = answer.ok ? await answer.json() : null;
      this.show(offer);
      return offer;
    }

    show(offer) {
      this.offer = offer;
      this.hidden = !offer && !this.config.design_mode;
      if (!offer) return this.hint(this.config.texts.not_enabled);
      // Express checkout buttons skip the form and the guard below.
      document.documentElement.classList.toggle("artify-required", this.config.required);
      this.querySelector("[data-artify=consent]").textContent = offer.texts?.consent ?? "";
      const pictures = offer.styles.filter((style) => style.example_url).slice(0, 5).map((style) => {
        const picture = new Image(56, 56);
        Object.assign(picture, { alt: "", loading: "lazy", src: style.example_url });
        return picture;
      });
      this.querySelector("[data-artify=examples]").replaceChildren(...pictures);
    }

    /** Load the studio's code and stylesheet. */
    load() {
      this.loading ??= import(this.config.assets.studio).catch((fault) => {
        this.loading = null;
        throw fault;
      });
      return this.loading;
    }

    async choose(file) {
      this.file.value = ""; // so that the same file can be chosen again
      if (!file) return;
      this.hint("");
      this.setAttribute("aria-busy", "true");
      try {
        const [{ openStudio }, offer] = await Promise.all([this.load(), this.ask()]);
        if (!offer) return;
        this.studio ??= await openStudio(this, offer);
        await this.studio.choose(file);
      } catch {
        this.hint(this.config.texts.offline, () => this.choose(file));
      } finally {
        this.removeAttribute("aria-busy");
      }
    }

    /** Show a message under the button; "" removes it. */
    hint(text, retry = null) {
      const box = this.querySelector("[data-artify=hint]");
      box.hidden = !text;
      box.firstElementChild.textContent = text;
      box.lastElementChild.hidden = !retry;
      box.lastElementChild.onclick = retry;
    }

    /** Prevent the theme's own button from adding the product without its design. */
    guard(event) {
      const form = event.target;
      if (this.passing || this.offer === null || !this.sells(form)) return;
      const designed = this.studio?.design;
      if (!designed && !this.config.required) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (designed) this.studio.add(form);
      else this.hold(form, event.submitter);
    }

    async hold(form, submitter) {
      const { texts } = this.config;
      try {
        if (!(await this.ask())) return this.pass(form, submitter);
        this.hint(texts.need_design);
      } catch {
        // If the app is unreachable, the shop must still be able to sell, but never without a warning.
        if (this.warned) return this.pass(form, submitter);
        this.warned = true;
        this.hint(texts.unreachable);
      }
      this.scrollIntoView({ block: "center" });
      this.file.focus({ preventScroll: true });
    }

    pass(form, submitter) {
      this.passing = true;
      form.requestSubmit(submitter);
      this.passing = false;
    }

    sells(form) {
      const id = form.elements.namedItem("id")?.value;
      return /\/cart\/add/.test(form.getAttribute("action")) && this.config.variants.includes(id);
    }
  }

  customElements.define("artify-personalizer", ArtifyPersonalizer);
})();
