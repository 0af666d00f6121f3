"""The imaging port on libvips, Pillow and Cloudflare Images, and the upscalers."""
