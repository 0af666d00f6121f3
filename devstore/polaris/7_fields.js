// Form fields. Each takes part in its form: its value reaches FormData under its name, and a reset restores it.

const FIELD_STYLE = `
  :host { display: block; min-width: 0 } label, .label, legend { display: block; margin-bottom: 4px; padding: 0; font-weight: 450 } .required { color: #8e0b21; margin-inline-start: 2px }
  .box { display: flex; align-items: center; gap: 6px; min-height: 32px; padding: 0 12px; border: 1px solid #8a8a8a; border-top-color: #898f94; border-radius: 8px; background: #fdfdfd; color: #303030 } .box:hover { border-color: #616161; background: #fafafa } .box:focus-within { border-color: #005bd3; box-shadow: inset 0 0 0 1px #005bd3; background: #fff }
  .box > :is(input, textarea, select) { flex: 1; min-width: 0; width: 100%; padding: 5px 0; border: 0; background: none; outline: 0; line-height: 20px } .box > textarea { padding: 6px 0; resize: vertical; min-height: 64px } ::placeholder { color: #616161; opacity: 1 } .affix { color: #616161; white-space: nowrap }
  .box > .icon { flex: none; color: #616161 } input[type=number] { appearance: textfield } input::-webkit-inner-spin-button, input[type=search]::-webkit-search-cancel-button { display: none } input[type=date]::-webkit-calendar-picker-indicator { opacity: .7 }
  :host([disabled]) .box { background: #0000000d; border-color: #ebebeb; color: #8a8a8a } :host([readonly]) .box { background: #f7f7f7; border-color: #d4d4d4 }
  .bad .box { border-color: #8e0b21; background: #fee8eb } .error { display: flex; gap: 4px; margin-top: 4px; color: #8e0b21 } .error .icon { flex: none } .details { margin-top: 4px; color: #616161 }`;

const FIELD_ATTRIBUTES = ["label", "name", "value", "error", "details", "required", "disabled", "labelAccessibilityVisibility", "placeholder", "readOnly", "autocomplete"];

/** A field: a label, a control with id="control", a message about an error, and details. */
class Field extends PolarisElement {
  static formAssociated = true;
  build() {
    return `<div id="field"><label for="control" id="label"></label>${this.boxed()}<div class="error" hidden>${icon("alert-circle")}<span id="error"></span></div><div class="details" id="details"></div></div>`;
  }
  boxed() { return `<div class="box">${this.control()}</div>`; }
  control() { return '<input id="control" type="text">'; }

  start() {
    this.input = this.find("#control");
    this.value = this.getAttribute("value") ?? this.initial();
    this.input.addEventListener("input", () => this.store());
    this.input.addEventListener("change", () => {
      this.store();
      this.emit("change"); // of an input this event, unlike "input", stays in the shadow tree
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && this.input.localName === "input") this.internals.form?.requestSubmit();
    });
  }
  initial() { return ""; }

  get value() { return this.input?.value ?? this.getAttribute("value") ?? ""; }
  set value(value) {
    if (!this.input) return this.setAttribute("value", value ?? "");
    this.input.value = value ?? "";
    this.store();
  }
  get defaultValue() { return this.getAttribute("value") ?? ""; }
  set defaultValue(value) { this.setAttribute("value", value); }
  store() { this.internals.setFormValue(this.input.value); }

  attributeChangedCallback(name, before, after) {
    if (name === "value" && this.isBuilt && before !== after) this.value = after;
    super.attributeChangedCallback(name, before, after);
  }
  formResetCallback() { this.value = this.getAttribute("value") ?? this.initial(); }
  formDisabledCallback(isDisabled) {
    if (this.isBuilt) this.set("#control", "disabled", isDisabled || this.has("disabled"));
  }

  update() {
    const error = this.getAttribute("error");
    const details = this.getAttribute("details");
    const isUnseen = this.getAttribute("labelaccessibilityvisibility") === "exclusive";
    this.find("#label").innerHTML = `${this.at("label")}${this.has("required") ? '<span class="required" aria-hidden="true">*</span>' : ""}`;
    this.find("#label").className = isUnseen || !this.getAttribute("label") ? "unseen" : "";
    this.find("#field").classList.toggle("bad", Boolean(error));
    this.find("#error").textContent = error ?? "";
    this.find(".error").hidden = !error;
    this.find("#details").textContent = details ?? "";
    this.find("#details").hidden = !details;
    this.set("#control", "disabled", this.has("disabled"));
    this.set("#control", "aria-required", this.has("required") ? "true" : null);
    this.set("#control", "aria-invalid", error ? "true" : null);
    this.set("#control", "aria-describedby", [error && "error", details && "details"].filter(Boolean).join(" ") || null);
    this.set("#control", "placeholder", this.getAttribute("placeholder"));
    this.set("#control", "readonly", this.has("readonly"));
    this.set("#control", "autocomplete", this.getAttribute("autocomplete"));
    for (const name of ["minlength", "maxlength", "min", "max", "step", "rows", "inputmode"]) {
      if (this.hasAttribute(name)) this.set("#control", name, this.getAttribute(name));
    }
  }
}

/** A field of one line: an input of a type, between what is written before and after it. */
function inputField(name, { type = "text", before = "", more = [], inputmode = "" }) {
  define(name, FIELD_STYLE, [...FIELD_ATTRIBUTES, ...more], class extends Field {
    boxed() {
      return `<div class="box">${before}<span id="icon"></span><span class="affix" id="prefix"></span><input id="control" type="${type}" ${inputmode && `inputmode="${inputmode}"`}><span class="affix" id="suffix"></span><slot name="accessory"></slot></div>`;
    }
    update() {
      super.update();
      for (const affix of ["prefix", "suffix"]) {
        this.find(`#${affix}`).textContent = this.affix(affix);
        this.find(`#${affix}`).hidden = !this.affix(affix);
      }
      this.find("#icon").innerHTML = icon(this.getAttribute("icon"));
      this.find("#icon").hidden = !this.getAttribute("icon");
    }
    affix(side) {
      if (type !== "money" && !this.hasAttribute("currencycode")) return this.getAttribute(side) ?? "";
      return side === "prefix" ? currencySign(this.getAttribute("currencycode")) : "";
    }
  });
}

function currencySign(code) {
  if (!code || code === "auto") return "$";
  const parts = new Intl.NumberFormat("en", { style: "currency", currency: code, currencyDisplay: "narrowSymbol" }).formatToParts(0);
  return parts.find((part) => part.type === "currency").value;
}

const LENGTHS = ["minLength", "maxLength"];
inputField("s-text-field", { more: [...LENGTHS, "prefix", "suffix", "icon"] });
inputField("s-search-field", { type: "search", before: icon("search"), more: LENGTHS });
inputField("s-email-field", { type: "email", more: LENGTHS });
inputField("s-url-field", { type: "url", more: LENGTHS });
inputField("s-password-field", { type: "password", more: LENGTHS });
inputField("s-number-field", { type: "number", more: ["min", "max", "step", "prefix", "suffix", "inputMode"] });
inputField("s-money-field", { type: "number", inputmode: "decimal", more: ["min", "max", "currencyCode"] });
inputField("s-date-field", { type: "date", more: ["allow", "disallow", "allowDays", "disallowDays", "view"] });

define("s-text-area", FIELD_STYLE, [...FIELD_ATTRIBUTES, ...LENGTHS, "rows"], class extends Field {
  control() { return '<textarea id="control" rows="3"></textarea>'; }
});

define("s-color-field", `${FIELD_STYLE} .box { padding-inline-start: 6px } .box > input[type=color] { flex: none; width: 20px; height: 20px; padding: 0; border-radius: 4px; cursor: pointer } ::-webkit-color-swatch-wrapper { padding: 0 } ::-webkit-color-swatch { border: 1px solid #0000001a; border-radius: 4px }`,
  [...FIELD_ATTRIBUTES, "alpha"], class extends Field {
    control() { return '<input id="swatch" type="color" aria-label="Choose a colour"><input id="control" type="text" spellcheck="false">'; }
    start() {
      super.start();
      this.find("#swatch").addEventListener("input", ({ target }) => {
        this.value = target.value;
        this.emit("input");
      });
      this.find("#swatch").addEventListener("change", () => this.emit("change"));
    }
    store() {
      super.store();
      if (/^#[\da-f]{6}/i.test(this.input.value)) this.find("#swatch").value = this.input.value.slice(0, 7);
    }
    update() {
      super.update();
      this.set("#swatch", "disabled", this.has("disabled"));
    }
  });

// The options of a select are read from its children, which are not shown.
define("s-select", `${FIELD_STYLE} .box { position: relative; padding: 0 } .box > select { appearance: none; padding: 5px 32px 5px 12px; cursor: pointer; text-overflow: ellipsis; border-radius: 8px } option { color: #303030 } .arrow { position: absolute; inset-inline-end: 8px; pointer-events: none; color: #616161 }`,
  [...FIELD_ATTRIBUTES.filter((name) => !["readOnly", "autocomplete"].includes(name)), "icon"], class extends Field {
    control() { return `<select id="control"></select><span class="arrow">${icon("chevron-down")}</span>`; }
    start() {
      this.input = this.find("#control");
      this.fill();
      super.start();
      this.isChosen = Boolean(this.getAttribute("value"));
      this.addEventListener("input", () => (this.isChosen = true));
      new MutationObserver(() => this.fill()).observe(this, { childList: true, subtree: true, characterData: true });
    }
    initial() {
      const chosen = this.querySelector("s-option[selected], s-option[defaultselected]") ?? (this.getAttribute("placeholder") ? null : this.querySelector("s-option:not([disabled])"));
      return chosen ? valueOf(chosen) : "";
    }
    fill() {
      const chosen = this.isChosen && this.input.value; // what the markup selects counts until somebody chooses
      const draw = (element) =>
        element.localName === "s-option-group"
          ? `<optgroup label="${escape(element.getAttribute("label"))}">${[...element.children].map(draw).join("")}</optgroup>`
          : `<option value="${escape(valueOf(element))}" ${element.hasAttribute("disabled") ? "disabled" : ""}>${escape(element.textContent.trim())}</option>`;
      const placeholder = this.getAttribute("placeholder") ? `<option value="" disabled>${this.at("placeholder")}</option>` : "";
      this.input.innerHTML = placeholder + [...this.querySelectorAll(":scope > s-option, :scope > s-option-group")].map(draw).join("");
      const wanted = chosen || this.getAttribute("value") || this.initial();
      this.input.value = [...this.input.options].some((option) => option.value === wanted) ? wanted : this.initial();
      this.store();
    }
    store() { this.internals.setFormValue(this.input.value || (this.input.selectedIndex < 0 ? null : this.input.value)); }
  });
for (const name of ["s-option", "s-option-group"]) customElements.define(name, class extends HTMLElement {});
const valueOf = (option) => option.getAttribute("value") ?? option.textContent.trim();

const CHECK_STYLE = `
  :host { display: block } .row { display: flex; align-items: flex-start; gap: 8px } .row label { margin: 0; padding-block: 0; cursor: pointer } .texts { min-width: 0 } .details { margin-top: 0 } .error { margin-top: 2px }
  input { flex: none; width: 16px; height: 16px; margin: 2px 0; appearance: none; border: 1px solid #8a8a8a; border-radius: 4px; background: #fdfdfd center/12px no-repeat; cursor: pointer } input[type=radio] { border-radius: 50% }
  input:checked, input:indeterminate:not([type=radio]) { border-color: #303030; background-color: #303030 } input[type=checkbox]:checked { background-image: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 12 12'%3E%3Cpath d='m2.5 6.5 2.5 2.5 4.5-5.5' fill='none' stroke='%23fff' stroke-width='1.7'/%3E%3C/svg%3E") }
  input[type=checkbox]:indeterminate { background-image: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 12 12'%3E%3Cpath d='M2.5 6h7' stroke='%23fff' stroke-width='1.7'/%3E%3C/svg%3E") } input[type=radio]:checked { background-image: radial-gradient(#fff 0 35%, transparent 40%) }
  input:disabled { opacity: .45; cursor: default } .off label { color: #8a8a8a; cursor: default } .bad input { border-color: #8e0b21; background-color: #fee8eb }`;

class Checkbox extends Field {
  build() {
    return `<div id="field"><div class="row"><input id="control" type="checkbox"><div class="texts"><label for="control" id="label"></label><div class="details" id="details"></div><div class="error" hidden>${icon("alert-circle")}<span id="error"></span></div></div></div></div>`;
  }
  start() {
    this.input = this.find("#control");
    this.checked = this.has("checked") || this.has("defaultchecked");
    for (const type of ["input", "change"]) this.input.addEventListener(type, () => this.store());
    this.input.addEventListener("change", () => this.emit("change"));
  }
  get checked() { return this.input ? this.input.checked : this.has("checked"); }
  set checked(value) {
    if (!this.input) return this.toggleAttribute("checked", Boolean(value));
    this.input.checked = Boolean(value);
    this.store();
  }
  get value() { return this.getAttribute("value") ?? "on"; }
  set value(value) { this.setAttribute("value", value); }
  store() { this.internals.setFormValue(this.input.checked ? this.value : null); }
  attributeChangedCallback(name, before, after) {
    if (name === "checked" && this.isBuilt) this.checked = after !== null;
    if (this.isBuilt) this.update();
  }
  formResetCallback() { this.checked = this.has("checked") || this.has("defaultchecked"); }
  update() {
    super.update();
    this.input.indeterminate = this.has("indeterminate");
    this.set("#control", "aria-label", this.getAttribute("accessibilitylabel"));
    this.find("#field").classList.toggle("off", this.has("disabled"));
    this.store();
  }
}
const CHECK_ATTRIBUTES = ["label", "name", "value", "error", "details", "required", "disabled", "labelAccessibilityVisibility", "checked", "accessibilityLabel"];
define("s-checkbox", FIELD_STYLE + CHECK_STYLE, [...CHECK_ATTRIBUTES, "indeterminate"], class extends Checkbox {});
define("s-switch", `${FIELD_STYLE}${CHECK_STYLE} input[type=checkbox] { width: 32px; height: 20px; margin: 0; border: 0; border-radius: 10px; background: #8a8a8a; position: relative; transition: background .15s } input[type=checkbox]:checked { background: #303030 } input::after { content: ""; position: absolute; inset: 3px auto 3px 3px; width: 14px; border-radius: 50%; background: #fff; transition: translate .15s } input:checked::after { translate: 12px 0 }`,
  CHECK_ATTRIBUTES, class extends Checkbox {
    start() {
      super.start();
      this.input.setAttribute("role", "switch");
    }
  });

define("s-choice", `${CHECK_STYLE} .details { color: #616161 } .row label { display: block }`, ["value", "selected", "disabled", "accessibilityLabel"], class extends PolarisElement {
  build() {
    const type = this.closest("s-choice-list")?.hasAttribute("multiple") ? "checkbox" : "radio";
    return `<div class="row"><input id="control" type="${type}"><div class="texts"><label for="control"><slot></slot></label><div class="details"><slot name="details"></slot></div><slot name="secondary-content"></slot></div></div>`;
  }
  start() {
    this.input = this.find("#control");
    this.input.checked = this.has("selected") || this.has("defaultselected");
    this.input.addEventListener("change", () => this.closest("s-choice-list")?.choose(this));
  }
  get value() { return this.getAttribute("value") ?? ""; }
  set value(value) { this.setAttribute("value", value); }
  get checked() { return this.input?.checked ?? this.has("selected"); }
  update() {
    this.input.disabled = this.has("disabled") || Boolean(this.closest("s-choice-list")?.has("disabled"));
    this.set("#control", "aria-label", this.getAttribute("accessibilitylabel"));
  }
});

define("s-choice-list", `${FIELD_STYLE} fieldset { margin: 0; padding: 0; border: 0; min-width: 0 } .choices { display: grid; gap: 6px }`,
  ["label", "name", "error", "details", "disabled", "multiple", "labelAccessibilityVisibility"], class extends PolarisElement {
    static formAssociated = true;
    build() {
      return `<fieldset><legend></legend><div class="choices"><slot></slot></div><div class="error" hidden>${icon("alert-circle")}<span id="error"></span></div><div class="details" id="details"></div></fieldset>`;
    }
    start() {
      this.find("slot").addEventListener("slotchange", () => this.store());
      this.addEventListener("keydown", (event) => this.step(event));
    }
    get choices() { return [...this.querySelectorAll("s-choice")]; }
    get values() { return this.choices.filter((choice) => choice.checked).map((choice) => choice.value); }
    set values(values) {
      for (const choice of this.choices) choice.input.checked = values.includes(choice.value);
      this.store();
    }
    choose(chosen) {
      if (!this.has("multiple")) for (const choice of this.choices) if (choice !== chosen) choice.input.checked = false;
      this.store();
      this.emit("input");
      this.emit("change");
    }
    /** By arrow keys from one radio button to the next, as in a group of native ones. */
    step(event) {
      const way = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      const all = this.choices.filter((choice) => !choice.input.disabled);
      if (!way || this.has("multiple") || !all.includes(event.target)) return;
      event.preventDefault();
      const next = all[(all.indexOf(event.target) + way + all.length) % all.length];
      next.input.checked = true;
      next.input.focus();
      this.choose(next);
    }
    store() {
      const data = new FormData();
      for (const value of this.values) data.append(this.getAttribute("name") ?? "", value);
      this.internals.setFormValue(this.getAttribute("name") ? data : null);
      const single = this.has("multiple") ? [] : this.choices;
      const stop = single.find((choice) => choice.checked) ?? single[0];
      for (const choice of single) choice.input.tabIndex = choice === stop ? 0 : -1;
    }
    formResetCallback() {
      for (const choice of this.choices) choice.input.checked = choice.has("selected") || choice.has("defaultselected");
      this.store();
    }
    update() {
      this.find("legend").textContent = this.getAttribute("label") ?? "";
      this.find("legend").className = this.getAttribute("labelaccessibilityvisibility") === "exclusive" ? "unseen" : "";
      for (const part of ["error", "details"]) this.find(`#${part}`).textContent = this.getAttribute(part) ?? "";
      this.find(".error").hidden = !this.getAttribute("error");
      this.find("#details").hidden = !this.getAttribute("details");
    }
  });

define("s-drop-zone", `${FIELD_STYLE}
  .zone { position: relative; display: grid; place-items: center; gap: 8px; min-height: 120px; padding: 16px; border: 1px dashed #8a8a8a; border-radius: 8px; background: #fdfdfd; text-align: center; cursor: pointer } .zone:hover, .zone:focus-within { background: #f7f7f7; border-color: #616161 } .zone:focus-within { outline: 2px solid #005bd3; outline-offset: 1px } .zone.over { background: #eaf4ff; border-color: #005bd3; border-style: solid }
  .zone input { position: absolute; inset: 0; width: 100%; height: 100%; opacity: 0; cursor: pointer } .add { padding: 4px 12px; border-radius: 8px; background: #fff; font: 550 12px/20px ${FONT}; box-shadow: inset 0 -1px 0 #b5b5b5, inset 0 0 0 1px #0000001a } .names { color: #616161; overflow-wrap: anywhere } .bad .zone { border-color: #8e0b21; background: #fee8eb } :host([disabled]) .zone { opacity: .5; pointer-events: none } `,
  ["label", "name", "accept", "multiple", "disabled", "required", "error", "accessibilityLabel", "labelAccessibilityVisibility"], class extends Field {
    chosen = [];
    boxed() {
      return `<div class="zone"><slot></slot><span class="hint add" aria-hidden="true"></span><span class="hint names" id="names" aria-live="polite">or drop to upload</span><input id="control" type="file"></div>`;
    }
    start() {
      this.input = this.find("#control");
      this.input.addEventListener("change", (event) => {
        event.stopPropagation();
        if (this.input.files.length) this.take([...this.input.files]);
      });
      const zone = this.find(".zone");
      for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
        zone.addEventListener(type, (event) => {
          event.preventDefault();
          zone.classList.toggle("over", type.startsWith("drage") || type === "dragover");
          if (type === "drop") this.take([...event.dataTransfer.files]);
        });
      }
      this.find("slot").addEventListener("slotchange", ({ target }) => {
        const isFilled = target.assignedNodes().some((node) => node.nodeType === 1 || node.textContent.trim());
        for (const hint of this.root.querySelectorAll(".hint")) hint.hidden = isFilled;
      });
    }
    take(files) {
      const [good, bad] = [files.filter((file) => this.accepts(file)), files.filter((file) => !this.accepts(file))];
      if (bad.length || (good.length > 1 && !this.has("multiple"))) this.emit("droprejected");
      if (!good.length) return;
      this.chosen = this.has("multiple") ? good : good.slice(0, 1);
      this.store();
      this.emit("input");
      this.emit("change");
      this.input.value = ""; // the same file can be chosen again
    }
    accepts({ name, type }) {
      const kinds = (this.getAttribute("accept") ?? "").split(",").map((kind) => kind.trim().toLowerCase()).filter(Boolean);
      return !kinds.length || kinds.some((kind) => (kind.startsWith(".") ? name.toLowerCase().endsWith(kind) : kind.endsWith("/*") ? type.startsWith(kind.slice(0, -1)) : type === kind));
    }
    get files() { return this.chosen; }
    get value() { return this.chosen.length ? `C:\\fakepath\\${this.chosen[0].name}` : ""; }
    set value(value) {
      if (value) return;
      this.chosen = [];
      if (this.isBuilt) this.store();
    }
    store() {
      const data = new FormData();
      for (const file of this.chosen) data.append(this.getAttribute("name") ?? "", file);
      this.internals.setFormValue(this.getAttribute("name") && this.chosen.length ? data : null);
      this.find("#names").textContent = this.chosen.map(({ name }) => name).join(", ") || "or drop to upload";
    }
    formResetCallback() { this.value = ""; }
    update() {
      super.update();
      this.find(".add").textContent = this.has("multiple") ? "Add files" : "Add file";
      this.set("#control", "accept", this.getAttribute("accept"));
      this.set("#control", "multiple", this.has("multiple"));
      this.set("#control", "aria-label", this.getAttribute("accessibilitylabel") ?? (this.getAttribute("label") ? null : "Add file"));
    }
  });
