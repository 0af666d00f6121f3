import { Api } from "./artify-api.js";
import { Attempts } from "./artify-attempts.js";
import { addToCart, currentVariant, watchVariant } from "./artify-cart.js";
import "./artify-compare.js";
import "./artify-crop.js";
import { el } from "./artify-dom.js";
import { errorBox, note } from "./artify-error.js";
import { sameShape, sizeOf } from "./artify-framing.js";
import { Making } from "./artify-making.js";
import { RefusedPhoto, openPhoto } from "./artify-photo.js";
import { Upload } from "./artify-upload.js";
import { verdictNote } from "./artify-verdict.js";
import { editView, makingView, resultView } from "./artify-views.js";

/**
 * A preview that the shopper may order.
 * @typedef {{id: string, view_token: string, preview_url: string, mockup_url?: string, mockup_aspect?: number,
 *            style: object, size: object, photo: object, crop: object|null, preflight?: object}} Design
 */

/** Build the studio inside the block once its stylesheet has loaded. */
export async function openStudio(block, offer) {
  const sheet = el("link", { rel: "stylesheet", href: block.config.assets.look });
  await new Promise((resolve) => {
    sheet.onload = sheet.onerror = resolve; // an unstyled studio is better than none
    block.append(sheet);
  });
  const studio = el("artify-studio");
  block.append(studio);
  studio.open(block, offer);
  return studio;
}

/** The steps from a photo to the cart: edit, making, result. It holds the state, and the views draw it. */
class ArtifyStudio extends HTMLElement {
  open(block, offer) {
    const { config } = block;
    Object.assign(this, { block, offer, config, texts: config.texts, designs: [], attempts: new Attempts() });
    this.api = new Api(config);
    this.notice = el("div", { class: "artify-notice" });
    this.size = sizeOf(offer.sizes, currentVariant(config));
    this.picked = offer.styles.length === 1 ? offer.styles[0] : null;
    this.look = "design";
    watchVariant(config, (variant) => this.resize(variant));
  }

  /** The previews with the proportions of the selected variant. */
  get fitting() {
    return this.designs.filter((design) => sameShape(design.size, this.size));
  }

  /** The design that would be added to the cart, or null. */
  get design() {
    return this.fitting.includes(this.chosen) ? this.chosen : null;
  }

  /** Start with a photo. Its upload starts now, while the shopper crops it. */
  async choose(file) {
    try {
      this.photo = await openPhoto(file, this.offer.limits, this.texts);
    } catch (refusal) {
      if (!(refusal instanceof RefusedPhoto)) throw refusal;
      return this.cropper ? this.complain(refusal) : this.block.hint(refusal.message);
    }
    this.stop();
    this.upload = new Upload(this.api, this.photo);
    this.cropper = el("artify-crop", { "data-artify": "crop" });
    this.cropper.open(this.photo, this.size, this.texts);
    this.edit();
    this.send();
  }

  pickFile() {
    this.block.file.click();
  }

  pickStyle(style) {
    this.picked = style;
    this.notice.querySelector("[data-artify=note]")?.remove(); // the note "choose a style"; an error stays
  }

  edit(remark) {
    this.draw(editView(this, this.cropper, remark));
  }

  show(design) {
    this.chosen = design;
    this.draw(resultView(this));
  }

  async create() {
    if (!this.picked) return this.notice.replaceChildren(note(this.texts.pick_style));
    const { crop, photo } = this.cropper;
    const design = { style: this.picked, size: this.size, photo, crop };
    const wish = this.attempts.keyed(this.wish(crop));
    const { view, report } = makingView(this, this.cropper);
    const making = new Making(this.api, this.upload, wish, report);
    this.making = making;
    this.draw(view);
    try {
      const made = await making.run();
      this.attempts.over(wish);
      if (this.making === making) this.keep({ ...design, ...made });
    } catch (fault) {
      if (!fault.passing) this.attempts.over(wish);
      if (this.making === making) this.fail(fault);
    }
  }

  cancel() {
    this.stop();
    this.edit(this.texts.cancelled);
  }

  /** Add the design to the cart; `form` is the theme's own form if its button was pressed. */
  async add(form) {
    if (this.ariaBusy === "true") return;
    this.ariaBusy = "true";
    try {
      await addToCart(this.config, this.design, form);
    } catch (fault) {
      this.show(this.design);
      this.complain(fault, () => this.add(form));
    } finally {
      this.ariaBusy = null;
    }
  }

  /** Delete the shopper's photo and every design made from it, here and on the server. */
  async remove() {
    try {
      const { deleted } = await this.api.remove(this.design);
      this.designs = this.designs.filter((design) => !deleted.includes(design.id));
    } catch (fault) {
      return this.complain(fault, fault.passing ? () => this.remove() : null);
    }
    this.upload.forget();
    this.chosen = this.cropper = null;
    this.replaceChildren();
    this.block.querySelector("[data-artify=start]").hidden = false;
    this.block.hint(this.texts.deleted);
    this.block.file.value = ""; // the same photo may be chosen again
    this.block.file.focus();
  }

  /** Change to the variant's size. Different proportions need a new crop, and perhaps a new preview. */
  resize(variant) {
    const before = this.size;
    this.size = sizeOf(this.offer.sizes, variant);
    this.cropper?.resize(this.size);
    if (this.cropper && !this.making && !sameShape(before, this.size)) return this.edit(this.texts.recrop);
    if (this.design) this.querySelector("[data-artify=verdict]")?.replaceWith(verdictNote(this));
  }

  wish(crop) {
    const variant_id = currentVariant(this.config);
    return { product_id: this.offer.product_id, variant_id, style_id: this.picked.id, crop: crop ?? undefined };
  }

  keep(design) {
    this.making = null;
    this.designs.unshift(design);
    this.chosen = design;
    if (this.design) this.show(design);
    else this.edit(this.texts.recrop); // the shopper chose another size meanwhile
  }

  fail(fault) {
    this.making = null;
    if (fault.name === "AbortError") return this.edit(this.texts.cancelled); // by the server
    this.edit();
    this.complain(fault, fault.hopeless ? null : () => this.create());
  }

  stop() {
    this.upload?.stop();
    if (!this.making) return;
    this.making.cancel();
    this.attempts.over(this.making.wish);
    this.making = null;
  }

  /** Upload early. While a preview is being made, errors of its upload are reported by the making. */
  async send() {
    const { upload } = this;
    try {
      await upload.done();
    } catch (fault) {
      if (fault.name === "AbortError" || this.making || upload !== this.upload) return;
      this.complain(fault, fault.hopeless ? null : () => this.resend());
    }
  }

  resend() {
    this.notice.replaceChildren();
    this.send();
  }

  complain(fault, retry = null) {
    this.notice.replaceChildren(errorBox(this.texts, fault, retry));
    this.notice.scrollIntoView({ block: "nearest" });
  }

  draw(view) {
    this.notice.replaceChildren();
    this.block.querySelector("[data-artify=start]").hidden = true;
    this.block.hint("");
    this.replaceChildren(...view.filter(Boolean));
    this.querySelector(".artify-title").focus({ preventScroll: true });
    const { top, bottom } = this.block.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) this.block.scrollIntoView({ block: "start" });
  }
}

customElements.define("artify-studio", ArtifyStudio);
