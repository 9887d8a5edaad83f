#ifndef HEXI_COPENSSL_SHIM_H
#define HEXI_COPENSSL_SHIM_H

// The low-level SHA-256 functions keep their state on the caller's stack and reach the processor's SHA extensions
// directly. OpenSSL 3 marks them deprecated in favour of EVP, whose fetch costs several times the hashing of a
// ledger entry, so the marks are silenced here, in this one place.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "private_key.h"

static inline void hexi_sha256_begin(SHA256_CTX *context) { SHA256_Init(context); }
static inline void hexi_sha256_update(SHA256_CTX *context, const void *bytes, size_t count) {
    SHA256_Update(context, bytes, count);
}
static inline void hexi_sha256_finish(unsigned char *digest, SHA256_CTX *context) { SHA256_Final(digest, context); }

// SHA-256 of one prefix byte and then a run of bytes: the leaf and node hashes of RFC 6962 section 2.1.
static inline void hexi_sha256_prefixed(unsigned char *digest, unsigned char prefix, const void *bytes, size_t count) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, &prefix, 1);
    SHA256_Update(&context, bytes, count);
    SHA256_Final(digest, &context);
}

// SHA-256 of a run of bytes.
static inline void hexi_sha256(unsigned char *digest, const void *bytes, size_t count) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, bytes, count);
    SHA256_Final(digest, &context);
}

#endif
