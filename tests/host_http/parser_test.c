/* The parser of HTTP requests: every case whole, byte by byte, and cut in two at every byte. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/http_answer.h"
#include "host/http_parser.h"

#define HOST  "Host: a\r\n"
#define GET   "GET / HTTP/1.1\r\n" HOST
#define POST  "POST / HTTP/1.1\r\n" HOST
#define CODED POST "Transfer-Encoding: chunked\r\n\r\n"

struct reading {
    unsigned status;
    size_t used;
    struct ps_http_parser parser;
};

/* Feed [0, size) in pieces that end at `cut` and at every `step` bytes after it. */
static struct reading read_in_pieces(const char *bytes, size_t size, size_t cut, size_t step)
{
    struct reading r = {.status = PS_HTTP_MORE};
    ps_http_parser_init(&r.parser);
    for (size_t to = cut ? cut : step; r.status == PS_HTTP_MORE && r.used < size; to += step) {
        size_t used, end = to < size ? to : size;
        r.status = ps_http_parse(&r.parser, bytes + r.used, end - r.used, &used);
        r.used += used;
        if (r.status == PS_HTTP_MORE)
            assert_int_equal(r.used, end);
    }
    return r;
}

/* The outcome must not depend on where the stream is cut. */
static struct reading parse(const char *bytes, size_t size)
{
    struct reading whole = read_in_pieces(bytes, size, 0, size);
    for (size_t cut = 0; cut <= size; cut++) {
        struct reading r = read_in_pieces(bytes, size, cut, cut == 0 ? 1 : size);
        if (r.status != whole.status || r.used != whole.used)
            fail_msg("cut at %zu: %u after %zu, whole: %u after %zu: %s", cut, r.status, r.used,
                     whole.status, whole.used, bytes);
        if (whole.status == PS_HTTP_DONE) {
            assert_int_equal(r.parser.method, whole.parser.method);
            assert_string_equal(r.parser.path, whole.parser.path);
            assert_int_equal(r.parser.keep_alive, whole.parser.keep_alive);
        }
    }
    return whole;
}

static void status_is(const char *text, unsigned status)
{
    struct reading r = parse(text, strlen(text));
    if (r.status != status)
        fail_msg("%u, not %u: %s", r.status, status, text);
    if (status == PS_HTTP_DONE)
        assert_int_equal(r.used, strlen(text));
}

static void requests_that_are_whole(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum ps_http_method method;
        const char *path;
        bool keep_alive;
    } cases[] = {
        {GET "\r\n", PS_HTTP_GET, "/", true},
        {"\r\n\r\n" GET "\r\n", PS_HTTP_GET, "/", true},
        {"HEAD /a-b_c?x=/y HTTP/1.1\r\n" HOST "\r\n", PS_HTTP_HEAD, "/a-b_c", true},
        {"GET /? HTTP/1.1\r\nhOsT:a\r\n\r\n", PS_HTTP_GET, "/", true},
        {"GET http://a:1/short?q HTTP/1.1\r\n" HOST "\r\n", PS_HTTP_GET, "/short", true},
        {"GET HTTP://a HTTP/1.1\r\n" HOST "\r\n", PS_HTTP_GET, "/", true},
        {"GET http://a?q HTTP/1.1\r\n" HOST "\r\n", PS_HTTP_GET, "/", true},
        {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", PS_HTTP_OTHER, "/", true},
        {"get / HTTP/1.1\r\n" HOST "\r\n", PS_HTTP_OTHER, "/", true},
        {"GET / HTTP/1.0\r\n\r\n", PS_HTTP_GET, "/", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", PS_HTTP_GET, "/", true},
        {"GET / HTTP/1.9\r\n" HOST "\r\n", PS_HTTP_GET, "/", true},
        {GET "Connection: x, CLOSE\r\n\r\n", PS_HTTP_GET, "/", false},
        {GET "Connection: keep-alive\r\nConnection:close \r\n\r\n", PS_HTTP_GET, "/", false},
        {GET "X:\r\nY: \t\xc3\xa9 z\t\r\n\r\n", PS_HTTP_GET, "/", true},
        {POST "Content-Length: 5\r\n\r\nhello", PS_HTTP_POST, "/", true},
        {POST "Content-Length:\t0 \r\n\r\n", PS_HTTP_POST, "/", true},
        {POST "Content-Length: 3\r\nExpect: 100-Continue\r\n\r\n\0\r\n", PS_HTTP_POST, "/", true},
        {CODED "5\r\nhello\r\n0\r\n\r\n", PS_HTTP_POST, "/", true},
        {CODED "A;x=\"y\"\r\n0123456789\r\n1\r\n\r\r\n000;z\r\nTrailer: t\r\n\r\n", PS_HTTP_POST,
         "/", true},
        {CODED "0\r\nContent-Length: 7\r\nHost: b\r\n\r\n", PS_HTTP_POST, "/", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = strlen(cases[i].text);
        if (i == 17)
            size += 3; /* a NUL in the body */
        struct reading r = parse(cases[i].text, size);
        if (r.status != PS_HTTP_DONE || r.used != size)
            fail_msg("%u after %zu of %zu: %s", r.status, r.used, size, cases[i].text);
        assert_int_equal(r.parser.method, cases[i].method);
        assert_string_equal(r.parser.path, cases[i].path);
        assert_int_equal(r.parser.keep_alive, cases[i].keep_alive);
    }
}

static void requests_that_two_programs_could_read_in_two_ways(void **state)
{
    (void)state;
    static const char *const cases[] = {
        GET "A: b\n\r\n",
        "GET / HTTP/1.1\n" HOST "\r\n",
        GET "A: b\rc\r\n\r\n",
        GET "A: b\r\r\n\r\n",
        GET "A: b\r\n c\r\n\r\n",
        "GET / HTTP/1.1\r\n " HOST "\r\n",
        GET "A : b\r\n\r\n",
        GET "A\r\n\r\n",
        GET ": b\r\n\r\n",
        GET "A b: c\r\n\r\n",
        GET "A: \x01\r\n\r\n",
        GET "A: \x7f\r\n\r\n",
        GET "Host: b\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        POST "Content-Length: 5, 5\r\n\r\nhello",
        POST "Content-Length: 5 5\r\n\r\nhello",
        POST "Content-Length: +5\r\n\r\nhello",
        POST "Content-Length: -5\r\n\r\nhello",
        POST "Content-Length: 0x5\r\n\r\nhello",
        POST "Content-Length:\r\n\r\n",
        POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        CODED "\r\n\r\n",
        CODED ";x\r\n",
        CODED "5 \r\nhello\r\n0\r\n\r\n",
        CODED " 5\r\nhello\r\n0\r\n\r\n",
        CODED "0x5\r\nhello\r\n0\r\n\r\n",
        CODED "-5\r\nhello\r\n0\r\n\r\n",
        CODED "5\nhello\r\n0\r\n\r\n",
        CODED "5\r\nhelloX\r\n0\r\n\r\n",
        CODED "5\r\nhello\n0\r\n\r\n",
        CODED "5;a\nb\r\nhello\r\n0\r\n\r\n",
        CODED "100000005\r\nhello\r\n0\r\n\r\n",
        CODED "0\r\n a: b\r\n\r\n",
        CODED "0\r\na : b\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        status_is(cases[i], 400);
}

static void lines_that_are_no_request(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned status;
    } cases[] = {
        {" GET / HTTP/1.1\r\n", 400},
        {"\n", 400},
        {"\x16\x03\x01", 400}, /* TLS */
        {"GET  / HTTP/1.1\r\n", 400},
        {"GET /  HTTP/1.1\r\n", 400},
        {"GET /\r\n", 400}, /* HTTP/0.9 */
        {"GET / HTTP/1.1 \r\n", 400},
        {"GET / HTTP/11\r\n", 400},
        {"GET / http/1.1\r\n", 400},
        {"GET / HTTP/2.0\r\n", 505},
        {"GET / HTTP/0.9\r\n", 505},
        {"GET a HTTP/1.1\r\n", 400},
        {"GET https://a/ HTTP/1.1\r\n", 400},
        {"GET http:/// HTTP/1.1\r\n", 400},
        {"GET /a#b HTTP/1.1\r\n", 400},
        {"GET /\xc3\xa9 HTTP/1.1\r\n", 400},
        {"G(T / HTTP/1.1\r\n", 400},
        {POST "Transfer-Encoding: gzip\r\n", 501},
        {POST "Transfer-Encoding: gzip, chunked\r\n", 501},
        {POST "Transfer-Encoding: identity\r\n", 501},
        {POST "Expect: tea\r\n", 417},
        {POST "Content-Length: 1048577\r\n\r\n", 413},
        {POST "Content-Length: 99999999999999999999999999\r\n\r\n", 413},
        {CODED "100001\r\n", 413},
        {CODED "ffffffff\r\n", 413},
        {CODED "1\r\nx\r\nffffffff\r\n", 413},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        status_is(cases[i].text, cases[i].status);
}

/* prefix, then `count` times `fill`, then suffix. */
static unsigned padded(const char *prefix, const char *fill, size_t count, const char *suffix)
{
    size_t size = strlen(prefix) + strlen(fill) * count + strlen(suffix);
    char *text = malloc(size + 1), *at = text;
    assert_non_null(text);
    at += sprintf(at, "%s", prefix);
    while (count-- > 0)
        at += sprintf(at, "%s", fill);
    sprintf(at, "%s", suffix);
    struct reading r = read_in_pieces(text, size, 0, 1000);
    assert_int_equal(r.status, read_in_pieces(text, size, 0, size).status);
    free(text);
    return r.status;
}

static void bounds(void **state)
{
    (void)state;
    size_t rest = strlen(GET "A: \r\n\r\n");
    assert_int_equal(padded(GET "A: ", "x", PS_HTTP_HEAD_MAX - rest, "\r\n\r\n"), PS_HTTP_DONE);
    assert_int_equal(padded(GET "A: ", "x", PS_HTTP_HEAD_MAX - rest + 1, "\r\n\r\n"), 431);
    assert_int_equal(padded(GET, "A: b\r\n", PS_HTTP_HEAD_MAX, ""), 431);
    assert_int_equal(padded("", "\r\n", PS_HTTP_HEAD_MAX, ""), 431);
    assert_int_equal(padded("", "X", PS_HTTP_HEAD_MAX + 1, ""), 431);
    assert_int_equal(padded("GET /", "x", 8000, " HTTP/1.1\r\n" HOST "\r\n"), PS_HTTP_DONE);
    assert_int_equal(padded("GET /", "x", PS_HTTP_HEAD_MAX, ""), 414);
    assert_int_equal(padded("GET /?", "x", PS_HTTP_HEAD_MAX, ""), 414);
    assert_int_equal(padded(CODED "1;", "x", PS_HTTP_CHUNK_MAX, ""), 400);
    assert_int_equal(padded(CODED "0\r\n", "a: b\r\n", PS_HTTP_HEAD_MAX, ""), 431);
    assert_int_equal(padded(POST "Content-Length: 1048576\r\n\r\n", "x", PS_HTTP_BODY_MAX, ""),
                     PS_HTTP_DONE);
    assert_int_equal(padded(CODED "100000\r\n", "x", PS_HTTP_BODY_MAX, "\r\n0\r\n\r\n"),
                     PS_HTTP_DONE);
    assert_int_equal(padded(CODED "100000\r\n", "x", PS_HTTP_BODY_MAX, "\r\n1\r\n"), 413);
    assert_int_equal(padded(CODED, "1;xxxxxxxx\r\n-\r\n", 10000, "0\r\n\r\n"), PS_HTTP_DONE);
    assert_int_equal(padded(GET "Connection: ", "a, ", 30, "close\r\n\r\n"), PS_HTTP_DONE);
}

static void a_path_is_cut_and_says_so(void **state)
{
    (void)state;
    char text[300];
    int size = snprintf(text, sizeof text, "GET /%0100d HTTP/1.1\r\n" HOST "\r\n", 0);
    struct reading r = parse(text, (size_t)size);
    assert_int_equal(r.status, PS_HTTP_DONE);
    assert_int_equal(r.parser.path_length, 101);
    assert_int_equal(strlen(r.parser.path), PS_HTTP_PATH_MAX - 1);
}

/* The client waits for leave to send its body: seen between head and body, not when all is there. */
static void continue_is_wanted_before_the_body(void **state)
{
    (void)state;
    static const char head[] = POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    struct ps_http_parser parser;
    size_t used;
    ps_http_parser_init(&parser);
    assert_int_equal(ps_http_parse(&parser, head, sizeof head - 1, &used), PS_HTTP_MORE);
    assert_true(parser.wants_continue);
    parser.wants_continue = false;
    assert_int_equal(ps_http_parse(&parser, "x", 1, &used), PS_HTTP_MORE);
    assert_false(parser.wants_continue);
    assert_int_equal(ps_http_parse(&parser, "x", 1, &used), PS_HTTP_DONE);
    static const char old[] =
        "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    ps_http_parser_init(&parser);
    assert_int_equal(ps_http_parse(&parser, old, sizeof old - 1, &used), PS_HTTP_MORE);
    assert_false(parser.wants_continue);
}

static void requests_in_one_piece_come_one_by_one(void **state)
{
    (void)state;
    static const char three[] = "GET /a HTTP/1.1\r\n" HOST "\r\n" CODED "1\r\nx\r\n0\r\n\r\n"
                                "GET /c HTTP/1.1\r\n" HOST "\r\n";
    static const char *const paths[] = {"/a", "/", "/c"};
    struct ps_http_parser parser;
    size_t at = 0;
    for (unsigned i = 0; i < 3; i++) {
        size_t used;
        ps_http_parser_init(&parser);
        assert_false(ps_http_parser_begun(&parser));
        assert_int_equal(ps_http_parse(&parser, three + at, sizeof three - 1 - at, &used),
                         PS_HTTP_DONE);
        assert_true(ps_http_parser_begun(&parser));
        assert_string_equal(parser.path, paths[i]);
        at += used;
    }
    assert_int_equal(at, sizeof three - 1);
}

static void an_answer(void **state)
{
    (void)state;
    char text[PS_HTTP_FIELDS_MAX + 3], expected[sizeof text], date[64];
    struct ps_http_answer answer = {.status = 503, .close = true, .body = "no\n", .length = 3};
    time_t before = time(NULL);
    size_t size = (size_t)(ps_http_put_answer(text, &answer) - text);
    text[size] = '\0';
    bool right =
        false; /* the second may have changed meanwhile; the coarse clock is behind a tick */
    for (time_t t = before - 1; t <= before + 2; t++) {
        struct tm tm;
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&t, &tm));
        snprintf(expected, sizeof expected,
                 "HTTP/1.1 503 Service Unavailable\r\nDate: %s\r\nContent-Type: text/plain; "
                 "charset=utf-8\r\nContent-Length: 3\r\nRetry-After: 1\r\nConnection: "
                 "close\r\n\r\nno\n",
                 date);
        right = right || strcmp(text, expected) == 0;
    }
    if (!right)
        fail_msg("%s", text);
    answer = (struct ps_http_answer){.status = 200, .bare = true, .body = "no\n", .length = 3};
    size = (size_t)(ps_http_put_answer(text, &answer) - text);
    assert_memory_equal(text + size - 4, "\r\n\r\n", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_that_are_whole),
        cmocka_unit_test(requests_that_two_programs_could_read_in_two_ways),
        cmocka_unit_test(lines_that_are_no_request),
        cmocka_unit_test(bounds),
        cmocka_unit_test(a_path_is_cut_and_says_so),
        cmocka_unit_test(continue_is_wanted_before_the_body),
        cmocka_unit_test(requests_in_one_piece_come_one_by_one),
        cmocka_unit_test(an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
