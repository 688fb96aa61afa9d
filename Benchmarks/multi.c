// SPDX-License-Identifier: Apache-2.0
// The floor: the same transfers by a bare libcurl multi loop. It signs nothing and reads no answer.
// Same number of requests, same concurrency, same header and body sizes, one multiplexed HTTP/2 connection. Client-Id,
// Request-Id and Signature differ from request to request as real ones do, or HPACK would send a byte for each.
// With a directory it also puts each answer there in the steps of a safe publication, all in this one thread: what
// nobody who publishes can save.
#define _GNU_SOURCE
#include <curl/curl.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char body[] = "{\"grant_type\":\"client_credentials\",\"valid_time\":\"360\"}";

// One request under way.
struct transfer {
    CURL *easy;
    struct curl_slist *headers;
    long number;
    size_t count;
    char answer[4096];
};

static unsigned long long received;
static int directory = -1;

static size_t take(char *bytes, size_t size, size_t number, void *context) {
    struct transfer *transfer = context;
    size_t count = size * number;
    received += count;
    if (directory >= 0 && transfer->count + count <= sizeof transfer->answer) {
        memcpy(transfer->answer + transfer->count, bytes, count);
        transfer->count += count;
    }
    return count;
}

static uint64_t some(void) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

// As long as the real ones.
static void dress(struct transfer *transfer, long number) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char client[64], request[64], signature[80] = "Signature: HMACSHA256=";
    snprintf(client, sizeof client, "Client-Id: BRN-%05ld-10791114622547", number);
    snprintf(request, sizeof request, "Request-Id: %08x-%04x-4%03x-8%03x-%012llx", (unsigned)some(),
             (unsigned)(some() & 0xffff), (unsigned)(some() & 0xfff), (unsigned)(some() & 0xfff),
             (unsigned long long)(some() & 0xffffffffffff));
    char *end = signature + strlen(signature);
    for (int index = 0; index < 43; index++) *end++ = digits[some() >> 20 & 63];
    strcpy(end, "=");
    const char *const lines[] = {client, request, "Request-Timestamp: 2026-01-01T00:00:00Z", signature,
                                 "Content-Type: application/json"};
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
    for (size_t index = 0; index < sizeof lines / sizeof *lines; index++) {
        transfer->headers = curl_slist_append(transfer->headers, lines[index]);
    }
    transfer->number = number;
    transfer->count = 0;
}

#define CHECK(call) \
    do { \
        int code = (int)(call); \
        if (code != 0) { \
            fprintf(stderr, "multi: %s: %d\n", #call, code); \
            exit(1); \
        } \
    } while (0)

static void publish(struct transfer *transfer) {
    char name[64], temporary[96];
    uint64_t random;
    struct stat status;
    snprintf(name, sizeof name, "brand-%05ld.token", transfer->number);
    fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW);
    CHECK(getrandom(&random, sizeof random, 0) != sizeof random);
    snprintf(temporary, sizeof temporary, ".%s.%016llx.tmp", name, (unsigned long long)random);
    int file = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    CHECK(file < 0);
    CHECK(write(file, transfer->answer, transfer->count) != (ssize_t)transfer->count);
    CHECK(fchmod(file, 0640));
    CHECK(fsync(file));
    CHECK(close(file));
    CHECK(renameat(directory, temporary, directory, name));
}

int main(int count, char **arguments) {
    if ((count != 6 && count != 7) || (strcmp(arguments[4], "--cafile") != 0 && strcmp(arguments[4], "--cadir") != 0)) {
        fprintf(stderr, "usage: multi URL REQUESTS CONCURRENCY --cafile|--cadir PATH [DIRECTORY]\n");
        return 64;
    }
    const char *url = arguments[1];
    long requests = atol(arguments[2]), concurrency = atol(arguments[3]);
    int hashed = strcmp(arguments[4], "--cadir") == 0;
    if (concurrency > requests) concurrency = requests;
    if (count == 7) CHECK((directory = open(arguments[6], O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0);

    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT));
    CURLM *multi = curl_multi_init();
    struct transfer *transfers = calloc((size_t)concurrency, sizeof *transfers);
    if (multi == NULL || transfers == NULL) return 71;

    long started = 0, succeeded = 0, failed = 0;
    for (; started < concurrency; started++) {
        CURL *easy = transfers[started].easy = curl_easy_init();
        if (easy == NULL) return 71;
        dress(&transfers[started], started + 1);
        CHECK(curl_easy_setopt(easy, CURLOPT_URL, url));
        CHECK(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L));
        CHECK(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS));
        CHECK(curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L));
        CHECK(curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2));
        // libcurl parses its built-in bundle as well unless told not to.
        CHECK(curl_easy_setopt(easy, CURLOPT_CAINFO, hashed ? NULL : arguments[5]));
        CHECK(curl_easy_setopt(easy, CURLOPT_CAPATH, hashed ? arguments[5] : NULL));
        CHECK(curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfers[started].headers));
        CHECK(curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfers[started]));
        CHECK(curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfers[started]));
        CHECK(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)(sizeof body - 1)));
        CHECK(curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body));
        CHECK(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take));
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
            struct transfer *transfer;
            CHECK(curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer));
            if (directory >= 0) publish(transfer);
            if (started < requests) {
                dress(transfer, ++started);
                CHECK(curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers));
                CHECK(curl_multi_add_handle(multi, easy));
                running = 1;
            } else {
                curl_easy_cleanup(easy);
                curl_slist_free_all(transfer->headers);
            }
        }
        if (running > 0 && succeeded + failed < requests) CHECK(curl_multi_poll(multi, NULL, 0, 1000, NULL));
    }

    curl_multi_cleanup(multi);
    if (directory >= 0) CHECK(fsync(directory));
    free(transfers);
    curl_global_cleanup();
    printf("%ld succeeded, %ld failed, %llu bytes\n", succeeded, failed, received);
    return failed == 0 ? 0 : 1;
}
