// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stddef.h>
#include <stdint.h>

// libFuzzer as a library: it takes the command line and calls back with each input (no header declares it for C).
int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*input)(const uint8_t *bytes, size_t count));
