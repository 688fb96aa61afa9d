// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <curl/curl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

// curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, so Swift cannot call them. One typed
// wrapper for each kind of argument.
static inline CURLcode curl_setopt_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode curl_setopt_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode curl_setopt_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode curl_setopt_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode curl_setopt_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}
typedef size_t (*curl_data_callback)(char *bytes, size_t size, size_t count, void *context);
static inline CURLcode curl_setopt_callback(CURL *handle, CURLoption option, curl_data_callback value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode curl_getinfo_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode curl_getinfo_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode curl_getinfo_pointer(CURL *handle, CURLINFO info, void **value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode curl_getinfo_socket(CURL *handle, CURLINFO info, curl_socket_t *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLMcode curl_multi_setopt_long(CURLM *handle, CURLMoption option, long value) {
    return curl_multi_setopt(handle, option, value);
}
// The result is in a union, which Swift imports as raw bytes.
static inline CURLcode curl_message_result(const CURLMsg *message) { return message->data.result; }

// Holds back written bytes until a packet is full (tcp(7)), or releases them. 0 or -1.
static inline int curl_cork(curl_socket_t socket, int is_kept) {
    return setsockopt(socket, IPPROTO_TCP, TCP_CORK, &is_kept, sizeof is_kept);
}

// libcurl does not wipe headers and responses before it frees them. This allocator does.
static inline void curl_wiping_free(void *pointer) {
    if (pointer == NULL) return;
    explicit_bzero(pointer, malloc_usable_size(pointer));
    free(pointer);
}
static inline void *curl_wiping_realloc(void *pointer, size_t size) {
    if (pointer == NULL) return malloc(size);
    size_t old = malloc_usable_size(pointer);
    if (size <= old && size >= old / 2) return pointer;
    void *moved = malloc(size);
    if (moved == NULL) return NULL;
    memcpy(moved, pointer, size < old ? size : old);
    curl_wiping_free(pointer);
    return moved;
}
static inline CURLcode curl_global_init_wiping(void) {
    return curl_global_init_mem(CURL_GLOBAL_ALL, malloc, curl_wiping_free, curl_wiping_realloc, strdup, calloc);
}
