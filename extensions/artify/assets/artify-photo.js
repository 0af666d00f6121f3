import { fill } from "./artify-dom.js";

const TYPES = {
  jpg: "image/jpeg", jpeg: "image/jpeg", jpe: "image/jpeg", jfif: "image/jpeg", pjpeg: "image/jpeg", pjp: "image/jpeg",
  png: "image/png", webp: "image/webp", avif: "image/avif",
  heic: "image/heic", heics: "image/heic", hif: "image/heic", heif: "image/heif", heifs: "image/heif",
};
const HEAD_BYTES = 512;
const AVIF = /avif|avis/;
const HEIC = /hei[cxms]|hev[cx]|m[is]f1/;

/** A photo that the block refuses before uploading it; the message is for the shopper. */
export class RefusedPhoto extends Error {}

/** The shopper's photo. `shown` is false if the browser cannot draw it (mostly HEIC); then its size is unknown. */
export class Photo {
  constructor(file, type, image) {
    this.file = file;
    this.type = type;
    this.shown = Boolean(image);
    this.url = image?.src;
    this.width = image?.naturalWidth; // upright: browsers apply the EXIF orientation
    this.height = image?.naturalHeight;
  }

  get aspect() {
    return this.width / this.height;
  }
}

/**
 * Check a chosen file. The server has the final say; this check avoids uploads that are sure to fail.
 * @throws {RefusedPhoto}
 */
export async function openPhoto(file, limits, texts) {
  const type = await typeOf(file);
  if (!limits.content_types.includes(type)) throw new RefusedPhoto(texts.wrong_type);
  if (file.size > limits.max_bytes) {
    throw new RefusedPhoto(fill(texts.too_large, { megabytes: Math.floor(limits.max_bytes / 2 ** 20) }));
  }
  const photo = new Photo(file, type, await decode(file));
  if (photo.shown && Math.min(photo.width, photo.height) < limits.min_side_px) {
    throw new RefusedPhoto(fill(texts.too_small, { pixels: limits.min_side_px }));
  }
  return photo;
}

/**
 * The type by content, else by file name, else as the browser reports it: systems that do not know a format report no
 * type ("" or application/octet-stream) or another one.
 */
async function typeOf(file) {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  return typeByContent(String.fromCharCode(...head))
    ?? TYPES[file.name.split(".").pop().trim().toLowerCase()]
    ?? file.type.toLowerCase();
}

function typeByContent(head) {
  if (head.startsWith("\xff\xd8\xff")) return TYPES.jpg;
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return TYPES.png;
  if (head.startsWith("RIFF") && head.startsWith("WEBP", 8)) return TYPES.webp;
  if (!head.startsWith("ftyp", 4)) return null;
  const brands = head.slice(8, [...head.slice(0, 4)].reduce((length, byte) => length * 256 + byte.charCodeAt(), 0));
  if (AVIF.test(brands)) return TYPES.avif;
  return HEIC.test(brands) ? TYPES.heic : null;
}

async function decode(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    return image;
  } catch {
    URL.revokeObjectURL(image.src);
    return null;
  }
}
