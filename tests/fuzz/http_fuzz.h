/* The fuzzer's entry point, for the smoke test. */
#ifndef PS_TESTS_FUZZ_HTTP_FUZZ_H
#define PS_TESTS_FUZZ_HTTP_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
