#ifndef HEXI_COPENSSL_PRIVATE_KEY_H
#define HEXI_COPENSSL_PRIVATE_KEY_H

// Ed25519 private keys as PKCS#8 (RFC 5958, RFC 8410) in PEM (RFC 7468), in the clear or encrypted with PBES2
// (RFC 8018): scrypt (RFC 7914) and AES-256-CBC.
//
// OpenSSL has no single call for either direction that keeps a wrong passphrase apart from a damaged file, and most
// of the pieces are macros, so both directions are put together here.

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>

enum hexi_key_status {
    HEXI_KEY_OK = 0,
    HEXI_KEY_NO_PEM = 1,
    HEXI_KEY_UNEXPECTED_LABEL = 2,
    HEXI_KEY_SEVERAL = 3,
    HEXI_KEY_DAMAGED = 4,
    HEXI_KEY_PASSPHRASE_NEEDED = 5,
    HEXI_KEY_WRONG_PASSPHRASE = 6,
    HEXI_KEY_WRONG_TYPE = 7,
    HEXI_KEY_LIBRARY_FAILURE = 8
};

// scrypt with N = 2^14, r = 8 takes 16 MiB. OpenSSL refuses to decrypt with more than 32 MiB in all, which rules out
// N = 2^15; p = 5 buys back the work that the smaller N gives up (OWASP's equivalent of N = 2^17, p = 1).
#define HEXI_SCRYPT_N 16384
#define HEXI_SCRYPT_R 8
#define HEXI_SCRYPT_P 5

static inline X509_SIG *hexi_encrypt_pkcs8(PKCS8_PRIV_KEY_INFO *info, const char *passphrase, int passphrase_count) {
    X509_SIG *sealed = NULL;
    X509_ALGOR *algorithm = PKCS5_pbe2_set_scrypt(
        EVP_aes_256_cbc(), NULL, 16, NULL, HEXI_SCRYPT_N, HEXI_SCRYPT_R, HEXI_SCRYPT_P);
    if (algorithm == NULL) return NULL;
    sealed = PKCS8_set0_pbe(passphrase, passphrase_count, info, algorithm);
    if (sealed == NULL) X509_ALGOR_free(algorithm);
    return sealed;
}

// Writes the key as PEM. `passphrase` is NULL for a key in the clear.
// Returns the count of characters written, or 0 if OpenSSL failed or they do not fit.
static inline size_t hexi_key_to_pem(
    const unsigned char *seed, const char *passphrase, int passphrase_count, char *output, size_t capacity) {
    size_t count = 0;
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    PKCS8_PRIV_KEY_INFO *info = key == NULL ? NULL : EVP_PKEY2PKCS8(key);
    X509_SIG *sealed = NULL;
    BIO *memory = BIO_new(BIO_s_mem());
    int written = 0;
    if (info != NULL && memory != NULL) {
        if (passphrase == NULL) {
            written = PEM_write_bio_PKCS8_PRIV_KEY_INFO(memory, info);
        } else {
            sealed = hexi_encrypt_pkcs8(info, passphrase, passphrase_count);
            written = sealed != NULL && PEM_write_bio_PKCS8(memory, sealed);
        }
    }
    if (written) {
        char *text = NULL;
        long length = BIO_get_mem_data(memory, &text);
        if (length > 0 && (size_t)length <= capacity) {
            memcpy(output, text, (size_t)length);
            count = (size_t)length;
        }
        if (length > 0) OPENSSL_cleanse(text, (size_t)length);
    }
    BIO_free(memory);
    X509_SIG_free(sealed);
    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return count;
}

// Takes the Ed25519 seed out of a PKCS#8 structure; `detail` receives the name of another key type.
static inline enum hexi_key_status hexi_seed_of_pkcs8(
    PKCS8_PRIV_KEY_INFO *info, unsigned char *seed, char *detail, size_t detail_capacity) {
    enum hexi_key_status status = HEXI_KEY_DAMAGED;
    EVP_PKEY *key = EVP_PKCS82PKEY(info);
    if (key == NULL) return HEXI_KEY_DAMAGED;
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) {
        const char *name = OBJ_nid2ln(EVP_PKEY_get_base_id(key));
        OPENSSL_strlcpy(detail, name == NULL ? "unknown" : name, detail_capacity);
        status = HEXI_KEY_WRONG_TYPE;
    } else {
        size_t count = 32;
        if (EVP_PKEY_get_raw_private_key(key, seed, &count) == 1 && count == 32) status = HEXI_KEY_OK;
    }
    EVP_PKEY_free(key);
    return status;
}

static inline enum hexi_key_status hexi_seed_of_der(
    const char *label, const unsigned char *der, long der_count, const char *passphrase, int passphrase_count,
    unsigned char *seed, char *detail, size_t detail_capacity) {
    enum hexi_key_status status = HEXI_KEY_DAMAGED;
    const unsigned char *cursor = der;
    PKCS8_PRIV_KEY_INFO *info = NULL;
    if (strcmp(label, PEM_STRING_PKCS8INF) == 0) {
        info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &cursor, der_count);
    } else if (strcmp(label, PEM_STRING_PKCS8) == 0) {
        X509_SIG *sealed = d2i_X509_SIG(NULL, &cursor, der_count);
        if (sealed == NULL) return HEXI_KEY_DAMAGED;
        if (passphrase == NULL) {
            status = HEXI_KEY_PASSPHRASE_NEEDED;
        } else {
            info = PKCS8_decrypt(sealed, passphrase, passphrase_count);
            if (info == NULL) status = HEXI_KEY_WRONG_PASSPHRASE;
        }
        X509_SIG_free(sealed);
    } else {
        OPENSSL_strlcpy(detail, label, detail_capacity);
        return HEXI_KEY_UNEXPECTED_LABEL;
    }
    if (info != NULL && cursor == der + der_count) status = hexi_seed_of_pkcs8(info, seed, detail, detail_capacity);
    PKCS8_PRIV_KEY_INFO_free(info);
    return status;
}

// Reads the one private key of a PEM text into 32 bytes of seed.
static inline enum hexi_key_status hexi_key_from_pem(
    const void *text, int text_count, const char *passphrase, int passphrase_count, unsigned char *seed, char *detail,
    size_t detail_capacity) {
    enum hexi_key_status status = HEXI_KEY_NO_PEM;
    char *label = NULL, *header = NULL;
    unsigned char *der = NULL;
    long der_count = 0;
    BIO *memory = BIO_new_mem_buf(text, text_count);
    if (memory == NULL) return HEXI_KEY_LIBRARY_FAILURE;
    if (PEM_read_bio(memory, &label, &header, &der, &der_count)) {
        char *second_label = NULL, *second_header = NULL;
        unsigned char *second = NULL;
        long second_count = 0;
        status = hexi_seed_of_der(
            label, der, der_count, passphrase, passphrase_count, seed, detail, detail_capacity);
        if (PEM_read_bio(memory, &second_label, &second_header, &second, &second_count)) {
            status = HEXI_KEY_SEVERAL;
            OPENSSL_free(second_label);
            OPENSSL_free(second_header);
            OPENSSL_clear_free(second, (size_t)second_count);
        }
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_clear_free(der, (size_t)der_count);
    }
    BIO_free(memory);
    ERR_clear_error();
    return status;
}

#endif
