/* Answers of HTTP/1.1 as bytes. No I/O, no memory of its own. */
#ifndef PS_HOST_HTTP_ANSWER_H
#define PS_HOST_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the status line and the fields of any answer. */
#define PS_HTTP_FIELDS_MAX 320u

struct ps_http_answer {
    unsigned status;
    bool html;  /* the body: a page; else plain text */
    bool bare;  /* to HEAD: the body is described, not sent */
    bool close; /* the last one on the connection */
    const char *body;
    size_t length;
};

/* "OK"; "Unknown" for a status that is never sent. */
const char *ps_http_reason(unsigned status);

/* Write the answer: at most PS_HTTP_FIELDS_MAX + answer->length bytes. Returns the end. 405 comes with
 * Allow, 503 with Retry-After. */
char *ps_http_put_answer(char *at, const struct ps_http_answer *answer);

/* Append without a NUL; the caller has the room. Return the end. */
char *ps_http_put_text(char *at, const char *text);
char *ps_http_put_number(char *at, uint64_t number);

#endif
