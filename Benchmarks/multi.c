// SPDX-License-Identifier: Apache-2.0
// The floor: the same transfers by a bare libcurl multi loop. It signs nothing, reads no answer and writes no file.
// Same number of requests, same concurrency, same header and body sizes, one multiplexed HTTP/2 connection.
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char body[] = "{\"grant_type\":\"client_credentials\",\"valid_time\":\"360\"}";

// As long as the real ones, and constant.
static const char *const headers[] = {
    "Client-Id: BRN-00001-10791114622547",
    "Request-Id: 6f1c2d3e-4a5b-4c6d-8e7f-901234567890",
    "Request-Timestamp: 2026-01-01T00:00:00Z",
    "Signature: HMACSHA256=FGk4wBM1hbGhU9fyqg0oQ9/Fj0vkFaHbTL2MFC1NuSg=",
    "Content-Type: application/json",
};

static unsigned long long received;

static size_t count_and_drop(char *bytes, size_t size, size_t number, void *context) {
    (void)bytes, (void)context;
    received += size * number;
    return size * number;
}

#define CHECK(call) \
    do { \
        int code = (int)(call); \
        if (code != 0) { \
            fprintf(stderr, "multi: %s: %d\n", #call, code); \
            exit(1); \
        } \
    } while (0)

int main(int count, char **arguments) {
    if (count != 6 || (strcmp(arguments[4], "--cafile") != 0 && strcmp(arguments[4], "--cadir") != 0)) {
        fprintf(stderr, "usage: multi URL REQUESTS CONCURRENCY --cafile|--cadir PATH\n");
        return 64;
    }
    const char *url = arguments[1];
    long requests = atol(arguments[2]), concurrency = atol(arguments[3]);
    int directory = strcmp(arguments[4], "--cadir") == 0;
    if (concurrency > requests) concurrency = requests;

    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT));
    CURLM *multi = curl_multi_init();
    struct curl_slist *list = NULL;
    for (size_t index = 0; index < sizeof headers / sizeof *headers; index++) {
        list = curl_slist_append(list, headers[index]);
    }
    if (multi == NULL || list == NULL) return 71;

    long started = 0, succeeded = 0, failed = 0;
    for (; started < concurrency; started++) {
        CURL *easy = curl_easy_init();
        if (easy == NULL) return 71;
        CHECK(curl_easy_setopt(easy, CURLOPT_URL, url));
        CHECK(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
        CHECK(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS));
        CHECK(curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L));
        CHECK(curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2));
        // libcurl parses its built-in bundle as well unless told not to.
        CHECK(curl_easy_setopt(easy, CURLOPT_CAINFO, directory ? NULL : arguments[5]));
        CHECK(curl_easy_setopt(easy, CURLOPT_CAPATH, directory ? arguments[5] : NULL));
        CHECK(curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list));
        CHECK(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)(sizeof body - 1)));
        CHECK(curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body));
        CHECK(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_and_drop));
        CHECK(curl_multi_add_handle(multi, easy));
    }

    int running = 1;
    while (succeeded + failed < requests) {
        CHECK(curl_multi_perform(multi, &running));
        CURLMsg *message;
        int left;
        while ((message = curl_multi_info_read(multi, &left)) != NULL) {
            if (message->msg != CURLMSG_DONE) continue;
            CURL *easy = message->easy_handle;
            CURLcode result = message->data.result;
            long status = 0;
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
            if (result == CURLE_OK && status == 200) {
                succeeded++;
            } else {
                failed++;
                fprintf(stderr, "multi: %s, status %ld\n", curl_easy_strerror(result), status);
            }
            CHECK(curl_multi_remove_handle(multi, easy));
            if (started < requests) {
                CHECK(curl_multi_add_handle(multi, easy));
                started++;
                running = 1;
            } else {
                curl_easy_cleanup(easy);
            }
        }
        if (running > 0 && succeeded + failed < requests) CHECK(curl_multi_poll(multi, NULL, 0, 1000, NULL));
    }

    curl_multi_cleanup(multi);
    curl_slist_free_all(list);
    curl_global_cleanup();
    printf("%ld succeeded, %ld failed, %llu bytes\n", succeeded, failed, received);
    return failed == 0 ? 0 : 1;
}
