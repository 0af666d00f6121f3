"""Implementations of the Imaging port (libvips, Pillow and Cloudflare Images) and of the Upscaler port."""
