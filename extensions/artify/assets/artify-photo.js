import { fill } from "./artify-dom.js";

const TYPES = {
  jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", webp: "image/webp",
  heic: "image/heic", heif: "image/heif", avif: "image/avif",
};

/** A photo that the block refuses before it is sent; its message is for the shopper. */
export class RefusedPhoto extends Error {}

/** The shopper's photo. `shown` is false where the browser cannot draw it (HEIC mostly): no pixels known. */
export class Photo {
  constructor(file, image) {
    this.file = file;
    this.type = typeOf(file);
    this.shown = Boolean(image);
    this.url = image?.src;
    this.width = image?.naturalWidth; // upright: browsers apply the EXIF turn
    this.height = image?.naturalHeight;
  }

  get aspect() {
    return this.width / this.height;
  }
}

/**
 * Look at a chosen file. The server decides in the end; this spares a shopper a hopeless upload.
 * @throws {RefusedPhoto}
 */
export async function openPhoto(file, limits, texts) {
  if (!limits.content_types.includes(typeOf(file))) throw new RefusedPhoto(texts.wrong_type);
  if (file.size > limits.max_bytes) {
    throw new RefusedPhoto(fill(texts.too_large, { megabytes: Math.floor(limits.max_bytes / 2 ** 20) }));
  }
  const photo = new Photo(file, await decode(file));
  if (photo.shown && Math.min(photo.width, photo.height) < limits.min_side_px) {
    throw new RefusedPhoto(fill(texts.too_small, { pixels: limits.min_side_px }));
  }
  return photo;
}

/** The type by the name, since some systems give HEIC files none. */
function typeOf(file) {
  return file.type || TYPES[file.name.split(".").pop().toLowerCase()] || "application/octet-stream";
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
