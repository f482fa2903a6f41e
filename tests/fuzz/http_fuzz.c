/* One input of the fuzzer: a stream of requests, whole and cut by the input itself, must be read in
 * the same way, within the bounds. Aborts on a broken promise. */
#include "fuzz/http_fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/http_parser.h"

static void demand(bool held, const char *promise)
{
    if (held)
        return;
    fprintf(stderr, "broken: %s\n", promise);
    abort();
}

/* Whole requests, the status of the last one, the bytes used, and what was read, mixed. */
struct reading {
    unsigned requests, status;
    size_t used;
    uint64_t mix;
};

static void note(struct reading *r, const struct ps_http_parser *parser)
{
    demand(strlen(parser->path) < PS_HTTP_PATH_MAX, "a path ends");
    demand(parser->path[0] == '/', "a path begins with a slash");
    demand(parser->left == 0 || parser->is_chunked, "a whole request lacks nothing");
    r->requests++;
    r->mix = (r->mix ^ (uint64_t)parser->method ^ (uint64_t)parser->keep_alive << 8 ^
              (uint64_t)parser->path_length << 16) *
             UINT64_C(0x9e3779b97f4a7c15);
    for (const char *at = parser->path; *at; at++)
        r->mix = (r->mix ^ (uint64_t)(unsigned char)*at) * UINT64_C(0x100000001b3);
}

/* Pieces of 1 to 16 bytes, chosen by the bytes themselves; cut == false: one piece. */
static struct reading read_stream(const uint8_t *data, size_t size, bool cut)
{
    struct reading r = {.status = PS_HTTP_MORE};
    struct ps_http_parser parser;
    ps_http_parser_init(&parser);
    while (r.used < size && r.status < 400) {
        size_t most = cut ? 1 + (data[r.used] ^ data[size - 1 - r.used]) % 16u : size;
        size_t n = most < size - r.used ? most : size - r.used, used = 0;
        r.status = ps_http_parse(&parser, (const char *)data + r.used, n, &used);
        demand(used <= n, "no more is used than there is");
        demand(r.status != PS_HTTP_MORE || used == n, "all is used of what is not whole");
        demand(r.status <= PS_HTTP_DONE || (r.status >= 400 && r.status <= 505), "a status");
        r.used += used;
        if (r.status == PS_HTTP_DONE) {
            note(&r, &parser);
            ps_http_parser_init(&parser);
        }
    }
    if (r.status >= 400) {
        size_t used = 1;
        demand(ps_http_parse(&parser, "GET", 3, &used) == r.status && used == 0,
               "an error is the end");
    }
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading whole = read_stream(data, size, false), cut = read_stream(data, size, true);
    demand(whole.requests == cut.requests && whole.used == cut.used && whole.mix == cut.mix &&
               (whole.status >= 400 ? whole.status : 0) == (cut.status >= 400 ? cut.status : 0),
           "a stream is read alike however it is cut");
    return 0;
}
