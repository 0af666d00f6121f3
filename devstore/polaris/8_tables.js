// Tables, which become lists of cards on narrow screens: a card's title is the cell of the primary column, and the
// cells of labelled columns carry their column's label.

// A table is laid out by the styles of the page, because its rows and cells are elements of the page.
const CARD = `
  display: grid; grid-template-columns: 1fr auto; gap: 2px 8px; padding: 12px 0; border-block-end: 1px solid #ebebeb`;
const asCards = (table) => `
  ${table} s-table-header-row { display: none } ${table} s-table-body { display: block } ${table} s-table-row { ${CARD} } ${table} s-table-row:last-child { border: 0 }
  ${table} s-table-cell { display: grid; grid-column: 1 / -1; grid-template-columns: minmax(88px, 30%) minmax(0, 1fr); gap: 8px; padding: 2px 0; border: 0; text-align: start !important; --p-label: block } ${table} s-table-cell[data-list-slot=kicker] { order: -3 } ${table} s-table-cell[data-list-slot=primary] { order: -2; grid-column: 1; font-weight: 650 }
  ${table} s-table-cell[data-list-slot=inline] { order: -1; grid-column: 2 } ${table} s-table-cell[data-list-slot=secondary], ${table} s-table-cell[data-list-slot=kicker] { color: #616161 } ${table} s-table-cell:not([data-list-slot=labeled]) { grid-template-columns: minmax(0, 1fr) } ${table} s-table-cell[data-empty] { display: none }`;

sheet.textContent += `
  s-table-header-row, s-table-row { display: table-row } s-table-body { display: table-row-group }
  s-table-header, s-table-cell { display: table-cell; padding: 8px 12px; vertical-align: middle; border-block-end: 1px solid #ebebeb } s-table-row:last-child > s-table-cell { border-block-end: 0 }
  s-table-header { padding-block: 6px; background: #f7f7f7; color: #616161; font-size: 12px; line-height: 20px; font-weight: 550; text-align: start; white-space: nowrap } s-table-header a { color: inherit }
  s-table-header[format=numeric], s-table-header[format=currency], s-table-cell[data-format=numeric], s-table-cell[data-format=currency] { text-align: end; font-variant-numeric: tabular-nums }
  s-table-row[clickdelegate] { cursor: pointer } s-table-row[clickdelegate]:hover { background: #f7f7f7 }
  ${asCards("s-table[variant=list]")} @media (max-width: 600px) { ${asCards("s-table")} }`;

define("s-table", `
  :host { display: block; position: relative; overflow-x: auto; border-radius: 8px } .table { display: table; width: 100%; border-collapse: separate; border-spacing: 0 } :host([variant=list]) .table { display: block } .filters:not(.filled) { display: none } .filters { padding: 8px 0 }
  nav { display: flex; justify-content: center; gap: 4px; padding: 12px } nav button { display: grid; padding: 4px 8px; border: 0; border-radius: 8px; background: #ebebeb; cursor: pointer } nav button:disabled { opacity: .4; cursor: default }
  .wait { display: none } :host([loading]) .wait { display: grid; place-items: center; position: absolute; inset: 0; background: #ffffffb3 } @media (max-width: 600px) { .table { display: block } }`,
  ["variant", "loading", "paginate", "hasPreviousPage", "hasNextPage"], class extends PolarisElement {
    build() {
      return `<div class="filters"><slot name="filters"></slot></div><div class="table" role="table"><slot></slot></div>
        <nav aria-label="Pagination"><button type="button" id="previous" aria-label="Previous page">${icon("chevron-left")}</button><button type="button" id="next" aria-label="Next page">${icon("chevron-right")}</button></nav><div class="wait">${spinner(28)}</div>`;
    }
    start() {
      this.find("#previous").addEventListener("click", () => this.emit("previouspage"));
      this.find("#next").addEventListener("click", () => this.emit("nextpage"));
      this.find("slot[name=filters]").addEventListener("slotchange", ({ target }) => this.find(".filters").classList.toggle("filled", target.assignedElements().length > 0));
    }
    update() {
      this.find("nav").hidden = !this.has("paginate");
      this.find("#previous").disabled = !this.has("haspreviouspage");
      this.find("#next").disabled = !this.has("hasnextpage");
      this.find(".table").inert = this.has("loading");
    }
    get columns() { return [...this.querySelectorAll("s-table-header")]; }
  });

/** A part of a table has its role where screen readers, and tests, look for it. */
class TablePart extends PolarisElement {
  update() {
    if (!this.hasAttribute("role")) this.setAttribute("role", this.constructor.tableRole);
  }
}
for (const [name, tableRole] of Object.entries({ "s-table-header-row": "row", "s-table-header": "columnheader", "s-table-body": "rowgroup" })) {
  define(name, "", name === "s-table-header" ? ["listSlot", "format"] : [], class extends TablePart { static tableRole = tableRole; });
}

define("s-table-row", "", ["clickDelegate"], class extends TablePart {
  static tableRole = "row";
  start() {
    this.addEventListener("click", (event) => {
      const isTaken = event.composedPath().some((node) => node !== this && node.matches?.("a, button, input, select, label, s-button, s-link, s-clickable, s-checkbox"));
      if (!isTaken && this.getAttribute("clickdelegate")) document.getElementById(this.getAttribute("clickdelegate"))?.click();
    });
  }
});

define("s-table-cell", ".label { display: none; color: #616161; font-weight: 450 } :host([data-list-slot=labeled]) .label { display: var(--p-label, none) } .content { display: block; min-width: 0 }", [], class extends TablePart {
  static tableRole = "cell";
  build() { return '<span class="label"></span><span class="content"><slot></slot></span>'; }
  start() {
    this.find("slot").addEventListener("slotchange", ({ target }) => {
      this.toggleAttribute("data-empty", !target.assignedNodes().some((node) => node.nodeType === 1 || node.textContent.trim()));
    });
  }
  update() {
    super.update();
    const column = this.closest("s-table")?.columns?.[[...this.parentElement.children].indexOf(this)];
    this.dataset.listSlot = column?.getAttribute("listslot") ?? "labeled";
    if (column?.getAttribute("format")) this.dataset.format = column.getAttribute("format");
    this.find(".label").textContent = column?.textContent.trim() ?? "";
  }
});
