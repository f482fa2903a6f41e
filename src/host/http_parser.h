/* HTTP/1.1 requests out of a stream of bytes: RFC 9112, as a server. No I/O, no memory of its own.
 *
 * Incremental: bytes may come in pieces of any size, and several requests in one piece. Where a
 * tolerant reading would let two programs disagree about where a request ends (request smuggling),
 * it is strict: lines end with CR LF and nothing else; no space before a colon; no folded fields;
 * one Content-Length, of digits; Transfer-Encoding is `chunked` alone, never beside Content-Length,
 * never in HTTP/1.0; chunk sizes are hexadecimal digits, at most 8; HTTP/1.1 brings one Host.
 * Empty lines before a request are skipped, an absolute target (http://host/path) is accepted.
 * The body is counted and dropped, chunk extensions and trailers are checked and dropped. */
#ifndef PS_HOST_HTTP_PARSER_H
#define PS_HOST_HTTP_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PS_HTTP_HEAD_MAX  8192u      /* request line and fields, or trailers */
#define PS_HTTP_BODY_MAX  (1u << 20) /* decoded */
#define PS_HTTP_CHUNK_MAX 128u       /* a line that begins a chunk */
#define PS_HTTP_PATH_MAX  64u        /* kept of a path, with its NUL */

enum ps_http_method { PS_HTTP_GET, PS_HTTP_HEAD, PS_HTTP_POST, PS_HTTP_OTHER };

/* Owner: the caller. What is below `request` is the parser's. */
struct ps_http_parser {
    /* The request; valid from PS_HTTP_DONE to the next init. */
    enum ps_http_method method;
    char path[PS_HTTP_PATH_MAX]; /* without the query; cut, if path_length says so */
    uint32_t path_length;        /* as it came */
    bool keep_alive;             /* the client will send more on this connection */
    /* Set when the head has come and the client waits for leave to send the body: who sees it after
     * PS_HTTP_MORE answers "100 Continue" and clears it. */
    bool wants_continue;

    uint8_t state, field;
    uint8_t minor;      /* HTTP/1.minor */
    uint8_t matched;    /* characters of the scheme */
    uint8_t hosts, gap; /* Host fields; white space since the last character of a value */
    bool has_length, is_chunked, in_trailer, closes, keeps;
    uint32_t head;                      /* bytes of the head, or trailers, so far */
    uint32_t line;                      /* bytes of the chunk's line so far */
    uint32_t name_length, value_length; /* as they came */
    uint32_t body;                      /* bytes of the decoded body so far */
    uint32_t left;                      /* bytes of the body, or chunk, still to come */
    uint32_t digits;
    unsigned status;          /* of the error it stopped at */
    char name[20], value[64]; /* lower case, cut; name: also the method */
};

#define PS_HTTP_MORE 0u /* all was used, the request is not whole */
#define PS_HTTP_DONE 1u /* a whole request, body included; bytes after it were not used */

/* Ready for a request; after PS_HTTP_DONE for the next one. */
void ps_http_parser_init(struct ps_http_parser *parser);

/* Take bytes; *used of them. PS_HTTP_MORE, PS_HTTP_DONE, or the status to answer: 400, 413 (body), 414
 * (target), 417 (expectation), 431 (head), 501 (transfer coding), 505 (version). After an error the
 * connection is of no more use: where the next request begins is not known. */
unsigned ps_http_parse(struct ps_http_parser *parser, const char *bytes, size_t size, size_t *used);

/* Whether some of a request has come; empty lines before it do not count. */
bool ps_http_parser_begun(const struct ps_http_parser *parser);

#endif
