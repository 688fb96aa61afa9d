// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <string.h>

// SHA-256 of the default provider, looked up once and kept. The one-shot functions look it up at each call, which
// takes longer than hashing a short message.
static inline const EVP_MD *openssl_sha256(void) {
    static const EVP_MD *found;
    const EVP_MD *known = __atomic_load_n(&found, __ATOMIC_ACQUIRE);
    if (known != NULL) return known;
    EVP_MD *fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (__atomic_compare_exchange_n(&found, &known, fetched, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return fetched;
    EVP_MD_free(fetched);
    return known;
}

// HMAC-SHA256 (RFC 2104) with that digest. The libcrypto function makes a context of three digests at each call,
// which takes longer than hashing a short message. Copies of the key are wiped, and libcrypto wipes the state of the
// digest. Returns 1, or 0 if libcrypto fails.
static inline int openssl_hmac_sha256(
    const unsigned char *key, size_t key_count, const unsigned char *bytes, size_t count, unsigned char code[32]) {
    enum { block = 64 };
    unsigned char inner[block] = {0}, outer[block], middle[32];
    const EVP_MD *digest = openssl_sha256();
    EVP_MD_CTX *context = digest == NULL ? NULL : EVP_MD_CTX_new();
    int is_done = context != NULL;
    if (key_count > block) {
        is_done = is_done && EVP_Digest(key, key_count, inner, NULL, digest, NULL) == 1;
    } else if (key_count > 0) {
        memcpy(inner, key, key_count);
    }
    for (int index = 0; index < block; index++) {
        outer[index] = inner[index] ^ 0x5c;
        inner[index] ^= 0x36;
    }
    is_done = is_done && EVP_DigestInit_ex2(context, digest, NULL) == 1
        && EVP_DigestUpdate(context, inner, block) == 1 && EVP_DigestUpdate(context, bytes, count) == 1
        && EVP_DigestFinal_ex(context, middle, NULL) == 1 && EVP_DigestInit_ex2(context, digest, NULL) == 1
        && EVP_DigestUpdate(context, outer, block) == 1 && EVP_DigestUpdate(context, middle, sizeof middle) == 1
        && EVP_DigestFinal_ex(context, code, NULL) == 1;
    OPENSSL_cleanse(inner, block);
    OPENSSL_cleanse(outer, block);
    EVP_MD_CTX_free(context);
    return is_done;
}
