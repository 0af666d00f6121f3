// The icons that the app uses, drawn for this stand-in: strokes on a grid of 20 by 20.
const ICONS = {
  "alert-circle": "M10 6.5v4M10 13.5v.01M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z",
  "alert-triangle": "M10 7.5v3.5M10 13.7v.01M8.7 3.8 2.9 14.3A1.5 1.5 0 0 0 4.2 16.5h11.6a1.5 1.5 0 0 0 1.3-2.2L11.3 3.8a1.5 1.5 0 0 0-2.6 0Z",
  "arrow-down": "M10 4v12m-4.5-4.5L10 16l4.5-4.5",
  "arrow-left": "M16 10H4m4.5-4.5L4 10l4.5 4.5",
  "arrow-right": "M4 10h12m-4.5-4.5L16 10l-4.5 4.5",
  "arrow-up": "M10 16V4M5.5 8.5 10 4l4.5 4.5",
  archive: "M3.5 4h13v3.5h-13zM4.5 7.5V15A1.5 1.5 0 0 0 6 16.5h8a1.5 1.5 0 0 0 1.5-1.5V7.5M8 10.5h4",
  calendar: "M4 5.5h12V16H4zM4 8.5h12M7 3.5v3M13 3.5v3",
  "chart-line": "M3.5 16.5v-13M3.5 16.5h13M6 12.5l3.5-4 2.5 2.5 4-5",
  check: "m4.5 10.5 3.5 3.5 7.5-8",
  "check-circle": "m7 10.2 2.2 2.2L13 8.2M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z",
  "chevron-down": "m5.5 8 4.5 4.5L14.5 8",
  "chevron-left": "M12 5.5 7.5 10l4.5 4.5",
  "chevron-right": "M8 5.5l4.5 4.5L8 14.5",
  "chevron-up": "M5.5 12 10 7.5l4.5 4.5",
  clock: "M10 6v4.2l2.7 1.6M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z",
  delete: "M4 6h12M8 6V4.5A1 1 0 0 1 9 3.5h2a1 1 0 0 1 1 1V6M5.5 6l.7 9a1.5 1.5 0 0 0 1.5 1.5h4.6a1.5 1.5 0 0 0 1.5-1.5l.7-9M8.5 9v4.5M11.5 9v4.5",
  download: "M10 3.5v9m-3.5-3.5 3.5 3.5 3.5-3.5M4 14v1a1.5 1.5 0 0 0 1.5 1.5h9A1.5 1.5 0 0 0 16 15v-1",
  "drag-handle": "M7.5 5v.01M12.5 5v.01M7.5 10v.01M12.5 10v.01M7.5 15v.01M12.5 15v.01",
  duplicate: "M7.5 7.5h9v9h-9zM12.5 7.5v-4h-9v9h4",
  edit: "m4 16 .8-3.4 8.3-8.3a1.4 1.4 0 0 1 2 0l.6.6a1.4 1.4 0 0 1 0 2l-8.3 8.3zM11.5 6l2.5 2.5",
  external: "M9 4.5H5A1.5 1.5 0 0 0 3.5 6v9A1.5 1.5 0 0 0 5 16.5h9a1.5 1.5 0 0 0 1.5-1.5v-4M12 3.5h4.5V8M16.5 3.5 9.5 10.5",
  file: "M5.5 3.5h6l3.5 3.5v9.5h-9.5zM11.5 3.5V7H15",
  home: "m3.5 9 6.5-5.5L16.5 9v7.5h-4.5v-4.5h-4v4.5H3.5z",
  image: "M4 4h12v12H4zM4 13l3.5-3.5 3 3 2-2L16 14M12.5 7.2v.01",
  "image-add": "M11 4H4v12h12V9M4 13l3.5-3.5 3 3 2-2L16 14M14.5 2.5v5M12 5h5",
  info: "M10 9.2v4.3M10 6.5v.01M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z",
  lock: "M5 9h10v7.5H5zM7 9V6.5a3 3 0 0 1 6 0V9",
  magic: "M8 4.5 9.3 8 13 9.3 9.3 10.7 8 14.3l-1.3-3.6L3 9.3 6.7 8zM14.5 12l.7 1.8 1.8.7-1.8.7-.7 1.8-.7-1.8-1.8-.7 1.8-.7z",
  menu: "M3.5 5.5h13M3.5 10h13M3.5 14.5h13",
  "menu-horizontal": "M5 10v.01M10 10v.01M15 10v.01",
  minus: "M4.5 10h11",
  order: "M5.5 3.5h9v13l-2.2-1.3-2.3 1.3-2.3-1.3-2.2 1.3zM8 7.5h4M8 10.5h4",
  package: "m10 3.5 6.5 3v7l-6.5 3-6.5-3v-7zM3.5 6.5l6.5 3 6.5-3M10 9.5v7",
  person: "M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM4 16.5c.6-3 3-4.5 6-4.5s5.4 1.5 6 4.5z",
  plus: "M10 4.5v11M4.5 10h11",
  print: "M6 8V3.5h8V8M6 13.5H3.5V8h13v5.5H14M6 11.5h8v5H6z",
  product: "M3.5 9.5v-6h6l7 7-6 6zM6.5 6.5v.01",
  "question-circle": "M8 8a2 2 0 1 1 2.8 1.8c-.6.3-.8.7-.8 1.2M10 13.5v.01M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z",
  refresh: "M16 8.5A6.3 6.3 0 0 0 4.5 7M4 11.5A6.3 6.3 0 0 0 15.5 13M4.5 3.5V7H8M15.5 16.5V13H12",
  search: "M13.2 13.2 16.5 16.5M14.5 9a5.5 5.5 0 1 1-11 0 5.5 5.5 0 0 1 11 0Z",
  settings: "M10 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM10 3.5v2M10 14.5v2M3.5 10h2M14.5 10h2M5.4 5.4l1.4 1.4M13.2 13.2l1.4 1.4M14.6 5.4l-1.4 1.4M6.8 13.2l-1.4 1.4",
  star: "m10 3.5 2 4.2 4.6.6-3.4 3.2.9 4.5L10 13.8 5.9 16l.9-4.5L3.4 8.3 8 7.7z",
  theme: "M3.5 4h13v12h-13zM3.5 7.5h13M8 7.5V16",
  upload: "M10 12.5v-9M6.5 7 10 3.5 13.5 7M4 14v1a1.5 1.5 0 0 0 1.5 1.5h9A1.5 1.5 0 0 0 16 15v-1",
  view: "M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5ZM12 10a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z",
  x: "m5 5 10 10M15 5 5 15",
  "x-circle": "m7.8 7.8 4.4 4.4M12.2 7.8l-4.4 4.4M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z",
};

const icon = (name) => (ICONS[name] ? `<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="${ICONS[name]}"/></svg>` : "");
const spinner = (size = 20) =>
  `<svg class="icon" style="width: ${size}px; height: ${size}px; animation: turn .6s linear infinite" viewBox="0 0 20 20" aria-hidden="true"><path d="M10 3a7 7 0 1 1-6.6 4.7"/></svg>`;

drawn("s-icon", `
  :host { display: inline-block; vertical-align: middle; color: #4a4a4a } :host([color=subdued]) { color: #616161 } :host([size=small]) .icon { width: 16px; height: 16px }
  ${Object.entries(INK).map(([tone, ink]) => (tone === "auto" ? "" : `:host([tone=${tone}]) { color: ${ink} }`)).join(" ")}`,
  ["type", "tone", "color", "size"], (_, at) => icon(at("type")));

drawn("s-spinner", ":host { display: inline-block; color: #4a4a4a }", ["size", "accessibilityLabel"], (element, at) => {
  const size = { large: 32, "large-100": 44 }[element.getAttribute("size")] ?? 20;
  return `<span role="status">${spinner(size)}<span class="unseen">${at("accessibilitylabel") || "Loading"}</span></span>`;
});
