"""The vault port, by cryptography and by WebCrypto."""
