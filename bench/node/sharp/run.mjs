// node run.mjs preview|print|print-png|enlarge IN OUT ROUNDS LOGO: the same work in sharp. Prints the seconds of each
// round, the peak memory in MB, and its growth.
import { readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";

sharp.cache(false);
const [task, input, output, rounds, logo] = process.argv.slice(2);
const photo = readFileSync(input);

const print = () => sharp(photo).resize(7087, 10630, { fit: "fill" }).withMetadata({ density: 300, icc: "srgb" });
const tasks = {
  preview: () =>
    sharp(photo)
      .rotate()
      .resize(1024, 1024, { fit: "inside" })
      .composite([{ input: logo, tile: true }])
      .webp({ quality: 82, effort: 2 })
      .toBuffer(),
  print: () => print().jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer(),
  "print-png": () => print().png({ compressionLevel: 1 }).toBuffer(),
  enlarge: async () => {
    const { width, height } = await sharp(photo).metadata();
    return sharp(photo).resize(width * 4, height * 4, { fit: "fill" }).png({ compressionLevel: 1 }).toBuffer();
  },
};

const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
await sharp({ create: { width: 96, height: 72, channels: 3, background: "navy" } }).webp().toBuffer();
const before = peak();
const seconds = [];
for (let round = 0; round < Number(rounds); round++) {
  const start = process.hrtime.bigint();
  const made = await tasks[task]();
  seconds.push(Number(process.hrtime.bigint() - start) / 1e9);
  writeFileSync(output, made);
}
console.log(JSON.stringify({ seconds, peak_mb: peak(), grown_mb: peak() - before }));
