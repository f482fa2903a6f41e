/* The entry point that libFuzzer calls, for the smoke run to call too. */
#ifndef PS_TESTS_FUZZ_RECORDING_FUZZ_H
#define PS_TESTS_FUZZ_RECORDING_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
