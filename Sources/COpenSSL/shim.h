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

// SHA-256 from the default provider, looked up once: the one-shot functions look it up at every call, which takes
// longer than hashing a short message. Kept for the life of the process.
static inline const EVP_MD *openssl_sha256(void) {
    static const EVP_MD *found;
    const EVP_MD *known = __atomic_load_n(&found, __ATOMIC_ACQUIRE);
    if (known != NULL) return known;
    EVP_MD *fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (__atomic_compare_exchange_n(&found, &known, fetched, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return fetched;
    EVP_MD_free(fetched);
    return known;
}

// HMAC-SHA256 with the algorithm looked up once, for the same reason: a keyless context that each call copies.
// Returns 1, or 0 where libcrypto refuses.
static inline int openssl_hmac_sha256(
    const unsigned char *key, size_t key_count, const unsigned char *bytes, size_t count, unsigned char code[32]) {
    static EVP_MAC_CTX *template;
    EVP_MAC_CTX *known = __atomic_load_n(&template, __ATOMIC_ACQUIRE);
    if (known == NULL) {
        EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
        EVP_MAC_CTX *made = EVP_MAC_CTX_new(algorithm);
        EVP_MAC_free(algorithm);
        OSSL_PARAM parameters[] = {
            OSSL_PARAM_construct_utf8_string("digest", (char *)"SHA256", 0), OSSL_PARAM_construct_end()};
        if (made == NULL || EVP_MAC_CTX_set_params(made, parameters) != 1) {
            EVP_MAC_CTX_free(made);
            return 0;
        }
        if (__atomic_compare_exchange_n(&template, &known, made, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            known = made;
        } else {
            EVP_MAC_CTX_free(made);
        }
    }
    size_t length = 0;
    EVP_MAC_CTX *context = EVP_MAC_CTX_dup(known);
    int is_done = context != NULL && EVP_MAC_init(context, key, key_count, NULL) == 1
        && EVP_MAC_update(context, bytes, count) == 1 && EVP_MAC_final(context, code, &length, 32) == 1 && length == 32;
    EVP_MAC_CTX_free(context);
    return is_done;
}
