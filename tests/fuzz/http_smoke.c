/* Requests, each mutated in deterministic ways, through the fuzzer's entry point. */
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "fuzz/http_fuzz.h"

#define ROUNDS 50000u

static const char *const tokens[] = {
    "\r\n",
    "\r\n\r\n",
    "\r",
    "\n",
    " ",
    "\t",
    ":",
    ",",
    ";",
    "0",
    "ffffffff",
    "18446744073709551616",
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "GET http://a/b?c HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "Content-Length: 1\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Expect: 100-continue\r\n",
    "Connection: close\r\n",
    "Host: b\r\n",
    "A: b\r\n c\r\n",
    "\xff\x80",
    "HTTP/2.0",
};
#define TOKENS (sizeof tokens / sizeof *tokens)

int main(void)
{
    struct ps_rng rng = ps_rng_make(1, 1);
    for (unsigned round = 0; round < ROUNDS; round++) {
        char text[4096];
        size_t size = 0;
        for (uint64_t n = 1 + ps_rng_next(&rng) % 8; n > 0; n--) {
            uint64_t whole = ps_rng_next(&rng) % 4; /* mostly whole requests, so that it gets far */
            const char *token =
                whole ? tokens[12 + ps_rng_next(&rng) % 4] : tokens[ps_rng_next(&rng) % TOKENS];
            size_t length = strlen(token);
            memcpy(text + size, token, length);
            size += length;
        }
        for (uint64_t n = ps_rng_next(&rng) % 3; n > 0; n--) {
            size_t at = ps_rng_next(&rng) % size;
            const char *token = tokens[ps_rng_next(&rng) % TOKENS];
            size_t length = strlen(token);
            memmove(text + at + length, text + at, size - at);
            memcpy(text + at, token, length);
            size += length;
        }
        if (ps_rng_next(&rng) % 2)
            text[ps_rng_next(&rng) % size] ^= (char)(1 << ps_rng_next(&rng) % 8);
        LLVMFuzzerTestOneInput((const uint8_t *)text, size);
    }
    printf("%u streams\n", ROUNDS);
    return 0;
}
